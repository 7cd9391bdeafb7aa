/* test_xml.c - the XML writer: whole or not at all, the same bytes each time, and nothing from the
 * wire that an XML reader would stumble over. Whether reports fit the schema is tested in
 * tests/reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/xml.h"

static char path[] = "/tmp/test_xml.XXXXXX";

static int make_path(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 || close(fd) != 0 || unlink(path) != 0 ? -1 : 0;
}

static int remove_path(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

static struct mark at(uint64_t packet)
{
    return (struct mark){packet, (int64_t)packet * 1000000};
}

static struct session *hostile_session(uint64_t id)
{
    static const char words[] = "<!-- ]]> & \"q\" 'a' \x00\x01\x1b\x85\xff \xef\xbf\xbe \\x41 </x>";
    struct session *s = session_new(id);
    assert_non_null(s);
    struct text t = arena_text(s->arena, (struct bytes){(const uint8_t *)words, sizeof(words) - 1},
                               sizeof(words));
    s->first = at(1);
    s->last = at(9);
    assert_true(address_parse(&s->end[SIDE_CLIENT].address, "2001:db8::1"));
    assert_true(address_parse(&s->end[SIDE_SERVER].address, "2001:db8::2"));
    struct event *command = session_add(s, EVENT_COMMAND, SIDE_CLIENT, at(2));
    command->facts->command.text = command->facts->command.word = t;
    struct event *reply = session_add(s, EVENT_REPLY, SIDE_SERVER, at(3));
    reply->facts->reply = (struct reply_facts){
        .to = REPLY_TO_COMMAND, .answers = command, .text = t, .full = t, .lines = 1};
    s->smtp.greeting = reply;
    s->smtp.helo = s->smtp.auth_mechanism = t;
    s->smtp.auth = AUTH_REFUSED;
    struct transaction *tx = session_begin_transaction(s, at(4));
    tx->from = tx->params = tx->queue_id = t;
    tx->final = reply;
    struct recipient *to = session_add_recipient(s, tx);
    to->to = to->params = t;
    struct diagnosis *d = arena_make(s->arena, struct diagnosis);
    struct finding *f = arena_make(s->arena, struct finding);
    strcpy(f->id, "bad-sequence-client");
    f->summary = t;
    d->findings = f;
    s->diagnosis = d;
    return s;
}

static char *written(void)
{
    FILE *f = fopen(path, "r");
    char *all = calloc(1, 65536);
    assert_non_null(f);
    assert_non_null(all);
    assert_true(fread(all, 1, 65535, f) > 0);
    fclose(f);
    return all;
}

static char *report(bool complete)
{
    char *arguments[] = {(char[]){"wiretale"}, (char[]){"read"}, (char[]){"<&\x01>.pcap"}};
    const struct settings settings = {
        .steps = STEPS_ALL, .argc = 3, .argv = arguments, .files = arguments + 2, .file_count = 1};
    const struct report_end end = {.complete = complete, .sessions = 2};
    struct fail fail;
    struct writer *w = xml_writer_new(path, &settings, &fail);
    assert_non_null(w);
    w->class->begin(w, &settings);
    for (uint64_t id = 1; id <= 2; id++) {
        struct session *s = hostile_session(id);
        w->class->session(w, s);
        session_free(s);
    }
    assert_int_equal(access(path, F_OK), -1);
    assert_true(w->class->end(w, &end, &fail));
    w->class->free(w);
    char *all = written();
    assert_int_equal(unlink(path), 0);
    return all;
}

/* Tags are closed in order, quotes in pairs, entities ours, characters those of XML 1.0. */
static void expect_well_formed(const char *xml)
{
    char open[64][32];
    size_t depth = 0;
    for (const char *p = xml; *p; p++) {
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
        if (*p != '<') {
            continue;
        }
        size_t len = strcspn(p + 1, " />?\n");
        const char *end = p + 1;
        for (bool quoted = false; quoted || *end != '>'; end++) {
            assert_true(*end && *end != '<');
            quoted = quoted != (*end == '"');
        }
        if (p[1] == '/') {
            assert_true(depth > 0);
            depth--;
            len = strcspn(p + 2, ">");
            assert_int_equal(strlen(open[depth]), len);
            assert_memory_equal(p + 2, open[depth], len);
        } else if (p[1] != '?' && end[-1] != '/') {
            assert_true(depth < 64 && len < 32);
            (void)snprintf(open[depth++], 32, "%.*s", (int)len, p + 1);
        }
        p = end;
    }
    assert_int_equal(depth, 0);
}

static void test_hostile_text(void **state)
{
    (void)state;
    char *xml = report(true);
    expect_well_formed(xml);
    assert_non_null(strstr(xml, "<report xmlns=\"urn:wiretale:report:1\" schema-version=\"1.0\""));
    assert_non_null(strstr(xml, "<arg escaped=\"true\">&lt;&amp;\\x01&gt;.pcap</arg>"));
    assert_non_null(strstr(xml, "<text escaped=\"true\">&lt;!-- ]]&gt; &amp; "));
    assert_non_null(strstr(xml, "\\x00\\x01\\x1b\\x85\\xff U+FFFE \\\\x41 &lt;/x&gt;</text>"));
    assert_non_null(strstr(xml, "<end complete=\"true\" sessions-written=\"2\""));
    free(xml);
}

static void test_same_input_same_bytes(void **state)
{
    (void)state;
    char *one = report(false), *two = report(false);
    assert_string_equal(one, two);
    assert_non_null(strstr(one, "<end complete=\"false\""));
    free(one);
    free(two);
}

static void test_free_before_end_leaves_nothing(void **state)
{
    const struct settings settings = {.steps = STEPS_ALL};
    (void)state;
    struct writer *w = xml_writer_new(path, &settings, NULL);
    assert_non_null(w);
    w->class->begin(w, &settings);
    w->class->free(w);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_no_room(void **state)
{
    const struct settings settings = {.steps = STEPS_ALL};
    const struct report_end end = {.complete = true};
    struct fail fail;
    (void)state;
    struct writer *w = xml_writer_new("/dev/full", &settings, &fail);
    assert_non_null(w);
    w->class->begin(w, &settings);
    assert_false(w->class->end(w, &end, &fail));
    assert_int_equal(fail.status, STATUS_NOT_WRITTEN);
    assert_string_equal(
        fail.text, "cannot write /dev/full: No space left on device; free space there, or name "
                   "another place");
    w->class->free(w);
    assert_null(xml_writer_new("/nowhere/report.xml", &settings, &fail));
    assert_int_equal(fail.status, STATUS_NOT_WRITTEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_same_input_same_bytes),
        cmocka_unit_test(test_free_before_end_leaves_nothing),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
