/* diagnose_case.h - what happened, and what may be said about it: one row of the tables of
 * test_diagnose.c.
 *
 * Expectation: ids apart by blanks. "*id" is the primary finding, "id" is raised, "!id" must not
 * be, "id>party" also says whom it points to. Any other finding of warning or worse is a false
 * alarm.
 */
#ifndef TESTS_UNIT_DIAGNOSE_CASE_H
#define TESTS_UNIT_DIAGNOSE_CASE_H

#include <string.h>

#include "report/diagnose/rules.h"
#include "tests/support/session_builder.h"

#define HI              "H" /* replaced by the hello script */
#define DATA            "D" /* replaced by the script up to 354 */
#define BYE(t0, t1, t2) t0 " c QUIT\n" t1 " s 221 bye\n" t1 " s fin\n" t2 " c fin\n"

struct test_case {
    const char *label;
    const char *opening; /* "", HI or DATA */
    const char *script;
    const char *want;
    enum outcome outcome;
    enum phase phase;
    uint16_t port; /* 0: 25 */
};

static inline const struct finding *find(const struct diagnosis *d, const char *id)
{
    for (const struct finding *f = d->findings; f; f = f->next) {
        if (strcmp(f->id, id) == 0) {
            return f;
        }
    }
    return NULL;
}

#endif
