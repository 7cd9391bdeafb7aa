/* What refusals mean: every example of our table of texts is classified as its row says, and so are
 * a hundred variations of them; then the steps behind the texts, and rows of the user's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dissect/smtp/reply.h"
#include "report/diagnose/replies.h"

enum { LINE_ROOM = 4000, COLUMNS = 10, EXAMPLES = 587, VARIATIONS = 200 };

static size_t cut(char *line, char *columns[COLUMNS])
{
    size_t count = 0;

    line[strcspn(line, "\n")] = '\0';
    while (count < COLUMNS) {
        columns[count++] = line;
        if (!(line = strchr(line, '\t'))) {
            break;
        }
        *line++ = '\0';
    }
    return count;
}

/* A reply as a server sends it ("|" stands for a line end), as the dissector hands it up: codes
 * dropped from all lines, the enhanced code from all but the first. */
static struct refused refused_of(const char *wire, enum phase phase, char *room)
{
    struct refused r = {.phase = phase};
    size_t len = 0;
    bool first = true;

    while (*wire) {
        size_t n = strcspn(wire, "|");
        struct smtp_reply_line l = smtp_reply_read((struct bytes){(const uint8_t *)wire, n});
        struct bytes text = l.text;

        if (!l.valid) {
            fail_msg("no reply line: %s", wire);
        }
        if (first) {
            r.code = l.code;
            r.enhanced = smtp_reply_enhanced(text);
        } else {
            if (smtp_reply_enhanced(text).class) {
                size_t word = strcspn((const char *)text.data, " |");
                text.data += word;
                text.len -= word;
            }
            room[len++] = ' ';
        }
        memcpy(room + len, text.data, text.len);
        len += text.len;
        first = false;
        wire += n + (wire[n] == '|');
    }
    r.text = (struct text){room, (uint32_t)len, false};
    return r;
}

static enum phase phase_of(const char *word)
{
    if (strcmp(word, "helo") == 0) {
        return PHASE_EHLO;
    }
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (strcmp(phase_words[i], word) == 0) {
            return (enum phase)i;
        }
    }
    return PHASE_EOD;
}

/* The same reply on two lines, broken at the blank behind its middle; the code, and the enhanced
 * one, stand on both. */
static const char *wrap(const char *line, char out[LINE_ROOM])
{
    const char *at = line + strlen(line) / 2;
    struct smtp_reply_line l = smtp_reply_read((struct bytes){(const uint8_t *)line, strlen(line)});
    bool enhanced = l.valid && smtp_reply_enhanced(l.text).class;
    int word = enhanced ? (int)strcspn(line + 4, " ") + 1 : 0;

    at = at < line + 4 + word ? line + 4 + word : at;
    at += strcspn(at, " ");
    if (!l.valid || !*at || strchr(line, '|')) {
        return line;
    }
    snprintf(out, LINE_ROOM, "%.3s-%.*s|%.3s %.*s%s", line, (int)(at - line - 4), line + 4, line,
             word, line + 4, at + 1);
    return out;
}

static unsigned check_file(const char *path, size_t finding, size_t phase, size_t example,
                           bool wrapped)
{
    FILE *f = fopen(path, "r");
    char line[LINE_ROOM], room[LINE_ROOM], two[LINE_ROOM], *columns[COLUMNS];
    unsigned count = 0, wrong = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct refused r;
        struct meaning m;

        if (*line == '#' || *line == '\n') {
            continue;
        }
        assert_true(cut(line, columns) > example);
        r = refused_of(wrapped ? wrap(columns[example], two) : columns[example],
                       phase_of(columns[phase]), room);
        m = replies_classify(&r, NULL);
        count++;
        if (m.step != REPLY_BY_TEXT || strcmp(m.finding, columns[finding]) != 0) {
            print_error("%s: %s, not %s\n", columns[example], m.finding ? m.finding : "nothing",
                        columns[finding]);
            wrong++;
        }
    }
    fclose(f);
    assert_int_equal(wrong, 0);
    return count;
}

static void test_examples(void **state)
{
    (void)state;
    assert_int_equal(check_file("report/diagnose/data/reply_patterns.tsv", 5, 3, 8, false),
                     EXAMPLES);
}

static void test_examples_wrapped(void **state)
{
    char out[LINE_ROOM];

    (void)state;
    assert_string_equal(wrap("550 5.1.1 no such user here", out),
                        "550-5.1.1 no such|550 5.1.1 user here");
    assert_string_equal(wrap("550 no", out), "550 no");
    assert_int_equal(check_file("report/diagnose/data/reply_patterns.tsv", 5, 3, 8, true),
                     EXAMPLES);
}

/* Other hosts, other numbers, other letter case, wrapped over several lines. Columns: rule, phase,
 * reply. */
static void test_variations(void **state)
{
    (void)state;
    assert_true(check_file("tests/unit/reply_variations.tsv", 0, 1, 2, false) >= VARIATIONS);
}

struct known {
    const char *reply;
    enum phase phase;
    enum reply_step step;
    const char *finding;
};

static void check_known(const struct known *list, size_t count)
{
    char room[LINE_ROOM];

    for (size_t i = 0; i < count; i++) {
        struct refused r = refused_of(list[i].reply, list[i].phase, room);
        struct meaning m = replies_classify(&r, NULL);

        if (m.step != list[i].step || (m.finding == NULL) != (list[i].finding == NULL) ||
            (m.finding && strcmp(m.finding, list[i].finding) != 0)) {
            fail_msg("%s: step %d, %s", list[i].reply, (int)m.step,
                     m.finding ? m.finding : "nothing");
        }
    }
}

static void test_later_steps(void **state)
{
    static const struct known list[] = {
        {"550 5.1.1 nix da", PHASE_RCPT, REPLY_BY_ENHANCED, "user-unknown"},
        {"550 #5.1.1 nix da", PHASE_RCPT, REPLY_BY_ENHANCED, "user-unknown"},
        {"552 5.2.2 voll", PHASE_RCPT, REPLY_BY_ENHANCED, "mailbox-full"},
        {"452 4.3.1 nein", PHASE_MAIL, REPLY_BY_ENHANCED, "server-disk-full"},
        {"550 5.7.1 nein", PHASE_RCPT, REPLY_BY_ENHANCED, "policy-reject"},
        {"554 5.7.1 nein", PHASE_EOD, REPLY_BY_ENHANCED, "policy-reject"},
        {"451 4.4.2 hm", PHASE_RCPT, REPLY_BY_ENHANCED, "downstream-unreachable"},
        {"421 4.4.2 hm", PHASE_RCPT, REPLY_BY_CODE, "service-shutdown"},
        {"454 4.7.0 hm", PHASE_AUTH, REPLY_BY_CODE, "auth-temp-failure"},
        {"454 4.7.0 hm", PHASE_STARTTLS, REPLY_BY_CODE, "starttls-refused"},
        {"501 5.7.1 hm", PHASE_RCPT, REPLY_BY_CODE, "syntax-error-args"},
        {"550 5.0.0 hm", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        {"450 hm", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        {"550 hm", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        {"550 hm", PHASE_MAIL, REPLY_BY_CODE, "policy-reject"},
        {"451 hm", PHASE_EOD, REPLY_BY_CODE, "server-local-error"},
        {"452 hm", PHASE_RCPT, REPLY_BY_CODE, "server-disk-full"},
        {"552 hm", PHASE_RCPT, REPLY_BY_CODE, "mailbox-full"},
        {"552 hm", PHASE_EOD, REPLY_BY_NOTHING, NULL},
        {"553 hm", PHASE_RCPT, REPLY_BY_CODE, "mailbox-syntax-invalid"},
        {"554 hm", PHASE_GREETING, REPLY_BY_CODE, "greeting-rejected"},
        {"554 hm", PHASE_EOD, REPLY_BY_CODE, "policy-reject"},
        {"535 hm", PHASE_AUTH, REPLY_BY_CODE, "auth-failed"},
        {"504 hm", PHASE_AUTH, REPLY_BY_CODE, "auth-mechanism-unsupported"},
        {"503 hm", PHASE_DATA_INIT, REPLY_BY_CODE, "bad-sequence-503"},
        {"599 hm", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        /* Words that other servers say of a mailbox, about something else or about nothing. */
        {"550 Domain unbekannt", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        {"550 Absender unbekannt", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        {"550 Requested action not taken: mailbox unavailable", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
        {"550 5.7.1 Your IP is not listed in our allow list", PHASE_RCPT, REPLY_BY_ENHANCED,
         "policy-reject"},
    };

    (void)state;
    check_known(list, sizeof list / sizeof list[0]);
}

/* Alike, and something else. */
static void test_near_misses(void **state)
{
    static const struct known list[] = {
        /* a size, a disk and a quota */
        {"552 5.3.4 Message size exceeds fixed limit", PHASE_MAIL, REPLY_BY_TEXT,
         "message-too-large"},
        {"452 4.3.1 Insufficient system storage", PHASE_MAIL, REPLY_BY_TEXT, "server-disk-full"},
        {"452 4.2.2 The email account is over quota", PHASE_RCPT, REPLY_BY_TEXT, "mailbox-full"},
        /* Google's own use of an IANA number */
        {"550 5.7.29 ARC seal broken", PHASE_EOD, REPLY_BY_ENHANCED, "arc-fail"},
        /* "try again later" alone is no greylisting */
        {"450 4.7.1 please try again later", PHASE_RCPT, REPLY_BY_ENHANCED, "policy-reject"},
        /* ".orbs" is not SORBS */
        {"550 blocked, see orbs.example", PHASE_RCPT, REPLY_BY_NOTHING, NULL},
    };

    (void)state;
    check_known(list, sizeof list / sizeof list[0]);
}

/* --- rows of the user's own --- */

static const char *write_rows(const char *text)
{
    static char path[] = "/tmp/wiretale-rows-XXXXXX";
    int fd;

    strcpy(path + strlen(path) - 6, "XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void test_own_rows(void **state)
{
    const char *path = write_rows("# ours\r\n"
                                  "20\t550\t-\trcpt\tNIX DA\tmailbox-full\r\n"
                                  "10\t45\t7.1\tany\tmagic*word\tgreylisted\tours\tL\n"
                                  "30\t5\t-\tany\tUser unknown\trelay-denied");
    struct reply_rows *own;
    struct fail fail;
    char room[LINE_ROOM];
    struct refused r;
    struct meaning m;

    (void)state;
    assert_true(replies_read(path, &own, &fail));
    unlink(path);
    assert_int_equal(replies_count(own), 3);
    r = refused_of("550 5.1.1 Nix da", PHASE_RCPT, room);
    m = replies_classify(&r, own);
    assert_string_equal(m.finding, "mailbox-full");
    assert_true(m.user);
    r = refused_of("550 5.1.1 Nix da", PHASE_MAIL, room);
    assert_string_equal(replies_classify(&r, own).finding, "user-unknown");
    r = refused_of("451 4.7.1 the Magic little word", PHASE_RCPT, room);
    m = replies_classify(&r, own);
    assert_string_equal(m.finding, "greylisted");
    assert_int_equal(m.confidence, CONFIDENCE_LOW);
    /* before ours */
    r = refused_of("550 5.1.1 User unknown", PHASE_RCPT, room);
    assert_string_equal(replies_classify(&r, own).finding, "relay-denied");
    replies_free(own);
}

static void test_bad_rows(void **state)
{
    static const char *const bad[] = {
        "1\t550\t-\tany\tx\n",
        "x\t550\t-\tany\tx\tuser-unknown\n",
        "1\tabc\t-\tany\tx\tuser-unknown\n",
        "1\t150\t-\tany\tx\tuser-unknown\n",
        "1\t550\t7\tany\tx\tuser-unknown\n",
        "1\t550\t-\tnowhere\tx\tuser-unknown\n",
        "1\t550\t-\tany\tx\tno-such-rule\n",
    };
    struct reply_rows *own;
    struct fail fail;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *path = write_rows(bad[i]);
        assert_false(replies_read(path, &own, &fail));
        unlink(path);
        assert_null(own);
        assert_non_null(strstr(fail.text, "line 1"));
    }
    assert_false(replies_read("/nowhere/rows", &own, &fail));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),    cmocka_unit_test(test_examples_wrapped),
        cmocka_unit_test(test_variations),  cmocka_unit_test(test_later_steps),
        cmocka_unit_test(test_near_misses),

        cmocka_unit_test(test_own_rows),    cmocka_unit_test(test_bad_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
