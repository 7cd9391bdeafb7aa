/* test_diagnose.c - every rule with a session that raises it, and with near misses that must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/diagnose_cases_dialogue.h"
#include "tests/unit/diagnose_cases_path.h"
#include "tests/unit/diagnose_cases_timeout.h"

static const struct table {
    const struct test_case *cases;
    size_t count;
} tables[] = {
    {path_cases, sizeof path_cases / sizeof path_cases[0]},
    {dialogue_cases, sizeof dialogue_cases / sizeof dialogue_cases[0]},
    {timeout_cases, sizeof timeout_cases / sizeof timeout_cases[0]},
};

static const char *opening_of(const struct test_case *c)
{
    return c->opening[0] == 'H'   ? session_builder_hello
           : c->opening[0] == 'D' ? session_builder_to_data
                                  : "";
}

static unsigned failures;

static void complain(const struct test_case *c, const struct diagnosis *d, const char *why,
                     const char *id)
{
    failures++;
    fprintf(stderr, "%s: %s %s; raised:", c->label, why, id);
    for (const struct finding *f = d->findings; f; f = f->next) {
        fprintf(stderr, " %s%s(%s,%s)", f->primary ? "*" : "", f->id, severity_words[f->severity],
                party_words[f->points_to]);
    }
    fputc('\n', stderr);
}

/* One word of the expectation. */
static void check_word(const struct test_case *c, const struct diagnosis *d, const char *word)
{
    bool not = word[0] == '!', primary = word[0] == '*';
    char id[96];
    char *party;
    const struct finding *f;

    snprintf(id, sizeof id, "%s", word + (not || primary));
    party = strchr(id, '>');
    if (party) {
        *party++ = '\0';
    }
    if (!rules_find(id)) {
        complain(c, d, "no such rule:", id);
        return;
    }
    f = find(d, id);
    if (not ) {
        if (f) {
            complain(c, d, "must not be raised:", id);
        }
        return;
    }
    if (!f) {
        complain(c, d, "not raised:", id);
    } else if (f->primary != primary) {
        complain(c, d, primary ? "not primary:" : "must not be primary:", id);
    } else if (party && strcmp(party, party_words[f->points_to]) != 0) {
        complain(c, d, "points elsewhere:", id);
    } else if (f->summary.len == 0) {
        complain(c, d, "says nothing:", id);
    } else if (f->evidence_count == 0) {
        complain(c, d, "shows nothing:", id);
    }
}

static bool is_wanted(const struct test_case *c, const char *id)
{
    size_t len = strlen(id);

    for (const char *p = c->want; (p = strstr(p, id)); p += len) {
        char before = p == c->want ? ' ' : p[-1], after = p[len];
        if ((before == ' ' || before == '*') && (after == ' ' || after == '>' || after == '\0')) {
            return true;
        }
    }
    return false;
}

static void check_case(const struct test_case *c)
{
    struct settings settings = session_builder_settings();
    char script[4096], want[1024];
    struct session *s;
    const struct diagnosis *d;

    snprintf(script, sizeof script, "%s%s", opening_of(c), c->script);
    s = session_build_at(script, 1, BUILDER_START, "192.0.2.10", "198.51.100.25",
                         c->port ? c->port : 25);
    d = diagnose_session(&settings, s);
    snprintf(want, sizeof want, "%s", c->want);
    for (char *word = strtok(want, " "); word; word = strtok(NULL, " ")) {
        check_word(c, d, word);
    }
    for (const struct finding *f = d->findings; f; f = f->next) {
        if (f->severity >= SEVERITY_WARNING && !is_wanted(c, f->id)) {
            complain(c, d, "false alarm:", f->id);
        }
    }
    if (d->outcome != c->outcome) {
        complain(c, d, "outcome", outcome_words[d->outcome]);
    }
    if (d->phase != c->phase) {
        complain(c, d, "phase", phase_words[d->phase]);
    }
    session_free(s);
}

static void test_cases(void **state)
{
    (void)state;
    failures = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (size_t k = 0; k < tables[i].count; k++) {
            check_case(&tables[i].cases[k]);
        }
    }
    assert_int_equal(failures, 0);
}

/* The same, judged twice: a session that is still open is judged again and again (live). */
static void test_judged_again(void **state)
{
    struct settings settings = session_builder_settings();
    char script[4096];
    struct session *s;
    size_t size = 0;

    (void)state;
    snprintf(script, sizeof script, "%s0.2 c content 1000\nend 605\n", session_builder_to_data);
    s = session_build(script);
    for (int i = 0; i < 50; i++) {
        const struct diagnosis *d = diagnose_session(&settings, s);
        assert_non_null(d->primary);
        assert_string_equal(d->primary->id, "data-final-timeout");
        assert_ptr_equal(d, diagnosis_of(s));
        if (i == 1) {
            size = session_size(s);
        }
    }
    assert_int_equal(session_size(s), size);
    session_free(s);
}

/* Bent captures: whatever is left of a session, an absence is never made an accusation. */
static void test_cut_short(void **state)
{
    struct settings settings = session_builder_settings();
    static const char whole[] =
        "0.2 c content 1000\n0.25 s 250 queued\n0.3 c QUIT\n0.31 s 221 bye\n"
        "0.31 s fin\n0.32 c fin\n";
    char script[4096];

    (void)state;
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        struct session *s;
        const struct diagnosis *d;

        if (cut && whole[cut - 1] != '\n') {
            continue;
        }
        snprintf(script, sizeof script, "%s%.*send 100\n", session_builder_to_data, (int)cut,
                 whole);
        s = session_build(script);
        d = diagnose_session(&settings, s);
        assert_false(d->flagged);
        session_free(s);
    }
}

enum { TRUTH_MAX = 1 << 20 };

/* The captures of ours, each with what must and must not be told of it: as text. */
static bool is_in(const char *path, const char *id)
{
    static char text[TRUTH_MAX];
    char quoted[FINDING_ID_MAX + 2];
    FILE *f = fopen(path, "r");

    if (!f) {
        return false;
    }
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    snprintf(quoted, sizeof quoted, "\"%s\"", id);
    return strstr(text, quoted) != NULL;
}

static bool is_in_captures(const char *id)
{
    return is_in("pcaps/TRUTH.json", id) || is_in("pcaps/dialogue/TRUTH.json", id) ||
           is_in("pcaps/tls/TRUTH.json", id);
}

static void look_for(const char *id, const struct table *t, bool *raised, bool *missed)
{
    for (size_t i = 0; i < t->count; i++) {
        for (const char *p = t->cases[i].want; (p = strstr(p, id)); p++) {
            bool not = p > t->cases[i].want && p[-1] == '!';
            *raised = *raised || !not ;
            *missed = *missed || not ;
        }
    }
}

/* Each rule has a case that raises it and one in which it must not be raised; what the captures
 * prove is looked through by tests/rules/test_rules.sh and tests/tls/test_captures.sh. */
static void test_every_rule_has_cases(void **state)
{
    static const char *const elsewhere[] = {
        "not-smtp", /* tests/recognition */
        /* test_diagnose_facts.c */
        "window-scale-broken",
        "capture-one-direction",
        "capture-duplicates",
        "capture-offload",
        /* test_sequence.c */
        "bad-sequence-503",
        "bad-sequence-client",
        "bad-sequence-disputed",
        /* test_fleet.c */
        "capture-drops-reported",
        "capture-clock",
        "fleet-destination-failing",
    };

    (void)state;
    failures = 0;
    for (size_t i = 0; i < rules_count(); i++) {
        const char *id = rules_at(i)->id;
        bool raised = false, missed = false, other = is_in_captures(id);

        other = other || rules_at(i)->section[0] == 'J'; /* test_fleet_*.c */

        for (size_t k = 0; k < sizeof elsewhere / sizeof elsewhere[0]; k++) {
            other = other || strcmp(elsewhere[k], id) == 0;
        }
        for (size_t k = 0; k < sizeof tables / sizeof tables[0]; k++) {
            look_for(id, &tables[k], &raised, &missed);
        }
        if (!other && (!raised || !missed)) {
            fprintf(stderr, "%s: %s\n", id, raised ? "no near miss" : "no case raises it");
            failures++;
        }
    }
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_judged_again),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_every_rule_has_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
