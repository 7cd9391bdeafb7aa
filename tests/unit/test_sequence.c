/* Were the commands in order? Each case is a session and the verdicts it must bring: "verb:verdict"
 * in order, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/diagnose/judge.h"
#include "report/diagnose/memory.h"
#include "report/diagnose/trust.h"
#include "tests/support/session_builder.h"

static const char *const verdict_words[] = {
    [SEQ_FINE] = "fine",           [SEQ_EARLY] = "early",         [SEQ_TOLERATED] = "tolerated",
    [SEQ_VIOLATION] = "violation", [SEQ_HOPELESS] = "hopeless",   [SEQ_ECHO] = "echo",
    [SEQ_DISPUTED] = "disputed",   [SEQ_NOT_JUDGED] = "unjudged",
};

#define GREETING "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx\n"
#define HELLO                                                                                      \
    GREETING "0.05 c EHLO a\n0.06 s 250 mx ; keywords=PIPELINING,CHUNKING,AUTH,STARTTLS,XCLIENT\n"

static const struct {
    const char *label, *script, *want;
} cases[] = {
    {"one mail, step by step",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 250 ok\n1.4 c DATA\n1.5 "
           "s 354 go\n"
           "1.6 c content 10\n1.7 s 250 ok\n1.8 c QUIT\n1.9 s 221 bye\n",
     ""},
    {"one mail, pipelined",
     HELLO
     "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1 c DATA\n1.1 s 250 ok\n1.2 s 250 ok\n1.3 s 354 go\n"
     "1.6 c content 10\n1.6 c MAIL FROM:<a@a>\n1.6 c RCPT TO:<b@b>\n1.6 c DATA\n1.7 s 250 ok\n"
     "1.8 s 250 ok\n1.8 s 250 ok\n1.8 s 354 go\n1.9 c content 10\n1.9 c QUIT\n2 s 250 ok\n2 s 221 "
     "bye\n",
     ""},
    {"two mails with RSET between",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RSET\n1.3 s 250 ok\n1.4 c MAIL "
           "FROM:<a@a>\n1.5 s 250 ok\n",
     ""},
    {"RCPT before MAIL", HELLO "1 c RCPT TO:<b@b>\n1.1 s 503 need MAIL\n", "RCPT:violation"},
    {"DATA without RCPT",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c DATA\n1.3 s 503 need RCPT\n",
     "DATA:violation"},
    {"nested MAIL",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c MAIL FROM:<c@a>\n1.3 s 503 nested\n",
     "MAIL:violation"},
    {"nested MAIL in one group",
     HELLO "1 c MAIL FROM:<a@a>\n1 c MAIL FROM:<c@a>\n1.2 s 250 ok\n1.3 s 503 nested\n",
     "MAIL:violation"},
    {"MAIL without a hello, accepted", GREETING "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n",
     "MAIL:tolerated"},
    {"RCPT without a hello", GREETING "1 c RCPT TO:<b@b>\n1.1 s 503 no\n", "RCPT:violation"},
    {"NOOP, RSET, VRFY without a hello",
     GREETING "1 c NOOP\n1.1 s 250 ok\n1.2 c RSET\n1.3 s 250 ok\n1.4 c VRFY b\n1.5 s 252 perhaps\n",
     ""},
    {"EHLO again in a mail ends it",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c EHLO a\n1.3 s 250 mx\n1.4 c RCPT "
           "TO:<b@b>\n1.5 s 503 no\n",
     "RCPT:violation"},
    {"a refused EHLO ends nothing",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c EHLO _\n1.3 s 501 bad\n1.4 c RCPT "
           "TO:<b@b>\n1.5 s 250 ok\n",
     ""},
    {"a 503 to what was in order",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 503 need MAIL\n",
     "RCPT:disputed"},
    {"the echoes of a refused MAIL in its group",
     HELLO "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1 c DATA\n1.1 s 550 no\n1.2 s 503 need MAIL\n"
           "1.3 s 503 need RCPT\n",
     "RCPT:echo DATA:echo"},
    {"a refused MAIL that the client ignores",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 550 no\n1.2 c RCPT TO:<b@b>\n1.3 s 503 need MAIL\n",
     "RCPT:violation"},
    {"every recipient refused, DATA in the same group",
     HELLO "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1 c DATA\n1.1 s 250 ok\n1.2 s 550 no\n1.3 s "
           "554 no recipients\n",
     "DATA:echo"},
    {"every recipient refused, DATA afterwards",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 550 no\n1.4 c DATA\n1.5 "
           "s 503 no\n",
     "DATA:hopeless"},
    {"the 550 was on its way when DATA was sent",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 550 no\n1.31 c DATA ; "
           "blind\n1.4 s 503 no\n",
     "DATA:echo"},
    {"503 to AUTH is another matter", HELLO "1 c AUTH PLAIN\n1.1 s 503 already\n", ""},
    {"503 that asks for authentication",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 503 this mail server requires authentication\n", ""},
    {"AUTH inside a mail",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c AUTH PLAIN\n1.3 s 503 no\n", "AUTH:violation"},
    {"BDAT",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 250 ok\n1.4 c BDAT "
           "10\n1.4 c chunk 10\n"
           "1.4 c BDAT 10 LAST\n1.4 c chunk 10 last\n1.5 s 250 ok\n1.6 s 250 ok\n1.7 c MAIL "
           "FROM:<a@a>\n1.8 s 250 ok\n",
     ""},
    {"DATA between chunks",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 250 ok\n1.4 c BDAT "
           "10\n1.4 c chunk 10\n"
           "1.5 s 250 ok\n1.6 c DATA\n1.7 s 503 no\n",
     "DATA:violation"},
    {"after QUIT", HELLO "1 c QUIT\n1 c NOOP\n1.1 s 221 bye\n", "NOOP:violation"},
    {"refused greeting, the client goes on",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 554 no\n1 c EHLO a\n1.1 s 503 no\n1.2 c QUIT\n1.3 "
     "s 221 bye\n",
     "EHLO:violation"},
    {"XCLIENT begins anew",
     HELLO "1 c XCLIENT NAME=x\n1.1 s 220 mx\n1.2 c EHLO a\n1.3 s 250 mx\n1.4 c MAIL "
           "FROM:<a@a>\n1.5 s 250 ok\n",
     ""},
    {"before the greeting",
     "0 c syn\n0.02 s synack\n0.03 c up\n0.04 c EHLO a ; blind\n1 s 220 mx\n1.1 s 250 mx\n",
     "EHLO:early"},
    {"behind a gap nothing is judged until a hello",
     HELLO "1 s gap 50\n1.1 c RCPT TO:<b@b>\n1.2 s 503 no\n1.3 c EHLO a\n1.4 s 250 mx\n1.5 c RCPT "
           "TO:<b@b>\n1.6 s 503 no\n",
     "RCPT:violation"},
    {"midway nothing is judged", "0 c RCPT TO:<b@b>\n0.1 s 503 no\n", ""},
    {"LMTP is not judged",
     GREETING
     "1 c LHLO a\n1.1 s 250 mx\n1.2 c MAIL FROM:<a@a>\n1.3 s 250 ok\n1.4 c DATA\n1.5 s 503 no\n",
     ""},
    {"an unknown verb", HELLO "1 c XYZZY\n1.1 s 500 what\n", ""},
    {"behind STARTTLS nothing is said in clear",
     HELLO "1 c STARTTLS\n1.1 s 220 go\n1.2 c tls hello\n1.3 s tls hello\n", ""},
};

static void describe(struct judge *j, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const struct seq_step *s = sequence_of(j)->steps; s; s = s->next) {
        unsigned verb =
            s->command->kind == EVENT_CHUNK ? VERB_BDAT : s->command->facts->command.verb;
        int n = snprintf(out + used, size - used, "%s%s:%s", used ? " " : "", verb_names[verb],
                         verdict_words[s->verdict]);
        used += (size_t)n;
    }
}

static void test_verdicts(void **state)
{
    struct settings settings = session_builder_settings();
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session *s = session_build(cases[i].script);
        struct judge j = {.settings = &settings, .s = s};
        char got[512];

        j.d = diagnosis_begin(s);
        j.tail = &j.d->findings;
        j.d->capture = trust_capture_kind(s);
        describe(&j, got, sizeof got);
        if (strcmp(got, cases[i].want) != 0) {
            fprintf(stderr, "%s: %s, wanted %s\n", cases[i].label, got, cases[i].want);
            failures++;
        }
        session_free(s);
    }
    assert_int_equal(failures, 0);
}

/* What the rules make of the verdicts: severity, and whether it is the cause. */
static const struct {
    const char *label, *script, *rule;
    bool raised, primary;
    enum severity severity;
} findings[] = {
    {"illegal and refused",
     HELLO "1 c RCPT TO:<b@b>\n1.1 s 503 need MAIL\n2 c QUIT\n2.1 s 221 bye\n", "bad-sequence-503",
     true, true, SEVERITY_ERROR},
    {"illegal and refused, the client's part", HELLO "1 c RCPT TO:<b@b>\n1.1 s 503 need MAIL\n",
     "bad-sequence-client", true, false, SEVERITY_ERROR},
    {"illegal and accepted", GREETING "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n", "bad-sequence-client",
     true, false, SEVERITY_NOTICE},
    {"disputed",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 503 need MAIL\n",
     "bad-sequence-disputed", true, true, SEVERITY_WARNING},
    {"an echo is nobody's fault",
     HELLO "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1.1 s 550 no\n1.2 s 503 need MAIL\n",
     "bad-sequence-disputed", false, false, SEVERITY_INFO},
    {"an echo is not the client's",
     HELLO "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1.1 s 550 no\n1.2 s 503 need MAIL\n",
     "bad-sequence-503", false, false, SEVERITY_INFO},
    {"the refusal before it is the cause",
     HELLO "1 c MAIL FROM:<a@a>\n1 c RCPT TO:<b@b>\n1.1 s 550 no\n1.2 s 503 need MAIL\n",
     "policy-reject", true, true, SEVERITY_ERROR},
    {"an ignored refusal stays the cause",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 550 no\n1.2 c RCPT TO:<b@b>\n1.3 s 503 need MAIL\n",
     "policy-reject", true, true, SEVERITY_ERROR},
    {"hopeless is a notice",
     HELLO "1 c MAIL FROM:<a@a>\n1.1 s 250 ok\n1.2 c RCPT TO:<b@b>\n1.3 s 550 no\n1.4 c DATA\n1.5 "
           "s 503 no\n",
     "bad-sequence-client", true, false, SEVERITY_NOTICE},
};

static void test_findings(void **state)
{
    struct settings settings = session_builder_settings();
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++) {
        struct session *s = session_build(findings[i].script);
        const struct diagnosis *d = diagnose_session(&settings, s);
        const struct finding *f = d->findings;

        while (f && strcmp(f->rule->id, findings[i].rule) != 0) {
            f = f->next;
        }
        if ((f != NULL) != findings[i].raised ||
            (f && (f->primary != findings[i].primary || f->severity != findings[i].severity))) {
            fprintf(stderr, "%s: %s %s\n", findings[i].label, findings[i].rule,
                    f ? severity_words[f->severity] : "not raised");
            failures++;
        }
        session_free(s);
    }
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
