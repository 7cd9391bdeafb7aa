/* test_reply.c - reply lines, enhanced codes, queue ids, echoes. RFC 5321 section 4.2, RFC 3463. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissect/smtp/echo.h"
#include "dissect/smtp/reply.h"
#include "dissect/text.h"

static bool same(struct bytes b, const char *s)
{
    return b.len == strlen(s) && (b.len == 0 || memcmp(b.data, s, b.len) == 0);
}

static void test_lines(void **state)
{
    static const struct {
        const char *line;
        bool valid, plausible, more;
        uint16_t code;
        const char *text;
    } cases[] = {
        {"250 ok", true, true, false, 250, "ok"},
        {"250-mx.example.com", true, true, true, 250, "mx.example.com"},
        {"250", true, true, false, 250, ""},
        {"250 ", true, true, false, 250, ""},
        {"250-", true, true, true, 250, ""},
        {"250  two blanks", true, true, false, 250, " two blanks"},
        {"250ok", true, false, false, 250, "ok"},
        {"250\tok", true, false, false, 250, "\tok"},
        {"999 odd", true, false, false, 999, "odd"},
        {"000 odd", true, false, false, 0, "odd"},
        {"269 odd", true, false, false, 269, "odd"},
        {"2500 ok", false, false, false, 0, "2500 ok"},
        {"25", false, false, false, 0, "25"},
        {"25 ok", false, false, false, 0, "25 ok"},
        {" 250 ok", false, false, false, 0, " 250 ok"},
        {"ok", false, false, false, 0, "ok"},
        {"", false, false, false, 0, ""},
        {"2/0 x", false, false, false, 0, "2/0 x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes line = text_of(cases[i].line);
        struct smtp_reply_line r = smtp_reply_read(line);
        if (r.valid != cases[i].valid || r.more != cases[i].more || r.code != cases[i].code ||
            !same(r.text, cases[i].text) || smtp_reply_plausible(line) != cases[i].plausible) {
            fail_msg("\"%s\": %d %u \"%.*s\"", cases[i].line, r.valid, r.code, (int)r.text.len,
                     (const char *)r.text.data);
        }
    }
    assert_false(smtp_reply_read((struct bytes){(const uint8_t *)"25\0", 3}).valid);
}

static void test_enhanced(void **state)
{
    static const struct {
        const char *text;
        uint16_t class, subject, detail;
    } cases[] = {
        {"2.1.5 ok", 2, 1, 5},
        {"5.7.1", 5, 7, 1},
        {"4.2.2: full", 4, 2, 2},
        {"#5.1.1 bad", 5, 1, 1},
        {"5.999.999 x", 5, 999, 999},
        {"5.1000.1 x", 0, 0, 0},
        {"5.1.1000 x", 0, 0, 0},
        {"3.1.1 x", 0, 0, 0},
        {"5.7 x", 0, 0, 0},
        {"5.7. x", 0, 0, 0},
        {"5..1 x", 0, 0, 0},
        {"5.7.1x", 0, 0, 0},
        {"5.7.1.2", 0, 0, 0},
        {" 5.7.1", 0, 0, 0},
        {"192.0.2.1 is bad", 0, 0, 0},
        {"##5.1.1", 0, 0, 0},
        {"", 0, 0, 0},
        {"5", 0, 0, 0},
        {"5.", 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct enhanced e = smtp_reply_enhanced(text_of(cases[i].text));
        if (e.class != cases[i].class || e.subject != cases[i].subject ||
            e.detail != cases[i].detail) {
            fail_msg("\"%s\": %u.%u.%u", cases[i].text, e.class, e.subject, e.detail);
        }
    }
}

static void test_queue_id(void **state)
{
    static const struct {
        const char *text, *id;
    } cases[] = {
        {"2.0.0 Ok: queued as 4ABC1234", "4ABC1234"},
        {"ok queued as <20260310.abc@mx>", "20260310.abc@mx"},
        {"OK id=1rAbCd-0001ab-2F", "1rAbCd-0001ab-2F"},
        {"Message Queued (9f3a2c)", "9f3a2c"},
        {"2.0.0 47A1x9kd000123 Message accepted for delivery", "47A1x9kd000123"},
        {"2.0.0 OK 1710079331 a1b2c3-20020a05 - gsmtp", "a1b2c3-20020a05"},
        {"2.0.0 ok", ""},
        {"bid=77", ""}, /* inside a word */
        {"id=", ""},
        {"queued as ", ""},
        {"accepted Message accepted for delivery", ""}, /* no digit: a word */
        {"2.0.0 Message accepted for delivery", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes id = smtp_reply_queue_id(text_of(cases[i].text));
        if (!same(id, cases[i].id)) {
            fail_msg("\"%s\": \"%.*s\"", cases[i].text, (int)id.len, (const char *)id.data);
        }
    }
    /* NUL is no punctuation and no part of an id. */
    assert_int_equal(
        smtp_reply_queue_id(
            (struct bytes){(const uint8_t *)"12345\0 Message accepted for delivery", 36})
            .len,
        0);
}

static void test_echo(void **state)
{
    static const struct {
        const char *sent, *reply, *left;
    } cases[] = {
        {"hunter2", "unknown command hunter2", "unknown command"},
        {"hunter2", "unknown command \"HUNTER2\" here", "unknown command \""},
        {"hunter2", "hunter2?", ""},
        {"hunter2", "what is hunter3", "what is hunter3"},
        {"hunter2", "hunter", "hunter"},
        {"dear bob", "500 Dear Bob is no command", "500"},
        {"ab", "ab is too short to tell from chance", "ab is too short to tell from chance"},
        {"", "nothing was sent", "nothing was sent"},
        {"==", "5.5.2 ==", "5.5.2 =="},
        {"0123456789012345678901234567890123456789", "bad 0123456789012345678901234567890123456789",
         "bad"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes left =
            smtp_echo_cut(smtp_echo_of(text_of(cases[i].sent)), text_of(cases[i].reply));
        if (!same(left, cases[i].left)) {
            fail_msg("\"%s\": \"%.*s\"", cases[i].reply, (int)left.len, (const char *)left.data);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_enhanced),
        cmocka_unit_test(test_queue_id),
        cmocka_unit_test(test_echo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
