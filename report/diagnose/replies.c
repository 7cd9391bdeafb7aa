/* replies.c - what a refusal means. replies.h tells the three steps; some 400 globs are tried on
 * every refusal, which glob.c makes cheap.
 */
#include "report/diagnose/replies.h"

#include <string.h>

#include "report/diagnose/glob.h"
#include "report/diagnose/recall.h"

enum { MANY_RECIPIENTS = 50 };

static const struct reply_row rows[] = {
#include "report/diagnose/reply_rows.h"
};

static const struct {
    uint16_t subject, detail;
    const char *finding; /* NULL: the code decides */
} enhanced_rows[] = {
#include "report/diagnose/enhanced_rows.h"
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };
enum { ENHANCED_COUNT = sizeof enhanced_rows / sizeof enhanced_rows[0] };

/* --- step one: rows of texts --- */

static bool has_code(const char *prefixes, unsigned code)
{
    const char digits[] = {(char)('0' + code / 100 % 10), (char)('0' + code / 10 % 10),
                           (char)('0' + code % 10)};
    size_t at = 0;

    for (const char *p = prefixes;; p++) {
        if (*p == ',' || *p == '\0') {
            if (at != SIZE_MAX) {
                return true;
            }
            if (*p == '\0') {
                return false;
            }
            at = 0;
        } else if (at != SIZE_MAX) {
            at = at < 3 && *p == digits[at] ? at + 1 : SIZE_MAX;
        }
    }
}

/* Of the rows above, made when the first refusal comes. */
static const uint16_t *first_pairs(void)
{
    static uint16_t pairs[ROW_COUNT];
    static bool made;

    for (size_t i = 0; i < ROW_COUNT && !made; i++) {
        pairs[i] = glob_first_pair(rows[i].glob);
    }
    made = true;
    return pairs;
}

/* pairs: of the list's globs, or NULL. */
static const struct reply_row *find_row(const struct refused *r, const struct glob_text *text,
                                        const struct reply_row *list, size_t count,
                                        const uint16_t *pairs)
{
    for (size_t i = 0; i < count; i++) {
        const struct reply_row *row = &list[i];

        if (pairs && !glob_has_pair(text, pairs[i])) {
            continue;
        }
        if (glob_may_match(text, row->glob) && has_code(row->codes, r->code) &&
            (row->subject < 0 || (r->enhanced.class && row->subject == (int)r->enhanced.subject &&
                                  row->detail == (int)r->enhanced.detail)) &&
            (row->phase == PHASES || row->phase == r->phase) &&
            glob_matches(text, row->glob, false)) {
            return row;
        }
    }
    return NULL;
}

/* --- step two: enhanced codes --- */

/* Codes that say more than an enhanced code that only says "something about security" or
 * "undefined". */
static bool code_says_more(const struct refused *r)
{
    bool vague = r->enhanced.detail == 0 || (r->enhanced.subject == 7 && r->enhanced.detail == 1);

    if ((r->code == 500 || r->code == 502) && r->enhanced.subject == 5 && r->enhanced.detail <= 2) {
        return true; /* "syntax" or "invalid command" */
    }
    switch (r->code) {
    case 421: /* "system" or "bad connection": closing, unless it is the greeting */
        return (r->enhanced.subject == 4 && r->enhanced.detail == 2) ||
               (r->enhanced.subject == 3 && r->enhanced.detail % 2 == 0 &&
                r->phase != PHASE_GREETING);
    case 432:
    case 454:
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
    case 530:
    case 534:
    case 535:
    case 538:
        return vague;
    default:
        return false;
    }
}

static const char *by_enhanced(const struct refused *r)
{
    if (!r->enhanced.class || code_says_more(r)) {
        return NULL;
    }
    for (size_t i = 0; i < ENHANCED_COUNT; i++) {
        if (enhanced_rows[i].subject == r->enhanced.subject &&
            enhanced_rows[i].detail == r->enhanced.detail) {
            return enhanced_rows[i].finding;
        }
    }
    return NULL;
}

/* --- step three: code and command --- */

static const char *by_code_in_auth(const struct refused *r)
{
    switch (r->code) {
    case 432:
        return "auth-password-transition";
    case 435:
    case 454:
    case 421:
        return "auth-temp-failure";
    case 500:
    case 502:
        return "command-unrecognized";
    case 501:
        return "auth-malformed";
    case 503:
        return "bad-sequence-503";
    case 504:
        return "auth-mechanism-unsupported";
    case 530:
    case 538:
        return "auth-requires-tls";
    case 534:
        return "auth-too-weak";
    default:
        return r->code >= 500 ? "auth-failed" : "auth-temp-failure";
    }
}

static const char *by_code_554(const struct refused *r)
{
    switch (r->phase) {
    case PHASE_GREETING:
        return "greeting-rejected";
    case PHASE_DATA:
    case PHASE_EOD:
        return "policy-reject";
    default:
        return NULL;
    }
}

static const char *by_code_55x(const struct refused *r)
{
    switch (r->code) {
    case 550:
        return r->phase == PHASE_GREETING || r->phase == PHASE_EHLO || r->phase == PHASE_MAIL
                   ? "policy-reject"
                   : NULL;
    case 551:
        return "mailbox-moved";
    case 552:
        return r->phase == PHASE_RCPT ? "mailbox-full" : r->near_limit ? "message-too-large" : NULL;
    case 553:
        return r->phase == PHASE_RCPT   ? "mailbox-syntax-invalid"
               : r->phase == PHASE_MAIL ? "sender-syntax-invalid"
                                        : NULL;
    case 554:
        return by_code_554(r);
    case 555:
        return "ext-param-rejected";
    case 556:
        return r->phase == PHASE_RCPT ? "null-mx-recipient" : NULL;
    default:
        return NULL;
    }
}

static const char *by_code_4xx(const struct refused *r)
{
    switch (r->code) {
    case 421:
        return r->phase == PHASE_GREETING ? "server-not-accepting"
               : r->was_idle              ? "server-idle-timeout"
                                          : "service-shutdown";
    case 451:
        return "server-local-error";
    case 452:
        return r->phase == PHASE_RCPT && r->accepted >= MANY_RECIPIENTS ? "too-many-recipients"
                                                                        : "server-disk-full";
    case 454:
        return r->phase == PHASE_STARTTLS ? "starttls-refused"
               : r->phase == PHASE_RCPT   ? "relay-denied"
                                          : NULL;
    case 455:
        return "ext-param-rejected";
    default:
        return NULL;
    }
}

static const char *by_code(const struct refused *r)
{
    if (r->phase == PHASE_AUTH) {
        return by_code_in_auth(r);
    }
    if (r->phase == PHASE_STARTTLS && r->code != 421) {
        return "starttls-refused";
    }
    if (r->code < 500) {
        return by_code_4xx(r);
    }
    switch (r->code) {
    case 500:
    case 502:
        return "command-unrecognized";
    case 501:
    case 504:
        return "syntax-error-args";
    case 503:
        return "bad-sequence-503";
    case 521:
        return r->enhanced.subject == 5 ? "command-unrecognized" : "server-not-accepting";
    case 523:
        return "starttls-required";
    case 530:
        return "auth-required";
    case 534:
        return "auth-too-weak";
    case 535:
        return "auth-required";
    case 538:
        return "auth-requires-tls";
    default:
        return by_code_55x(r);
    }
}

/* The row of our own table. Everything find_row looks at is in the key. */
static const struct reply_row *known_row(const struct refused *r)
{
    static struct recall known;
    uint64_t about = (uint64_t)r->code << 48 | (uint64_t)r->enhanced.class << 40 |
                     (uint64_t)r->phase << 32 | (uint64_t)r->enhanced.subject << 16 |
                     r->enhanced.detail;
    const void *found;
    struct glob_text text;

    if (!recall_get(&known, r->text, about, &found)) {
        glob_prepare(&text, r->text);
        found = find_row(r, &text, rows, ROW_COUNT, first_pairs());
        recall_put(&known, r->text, about, found);
    }
    return found;
}

static const struct reply_row *own_row(const struct refused *r, const struct reply_rows *own)
{
    struct glob_text text;

    glob_prepare(&text, r->text);
    return find_row(r, &text, own->rows, own->count, NULL);
}

struct meaning replies_classify(const struct refused *r, const struct reply_rows *own)
{
    struct meaning m = {.step = REPLY_BY_TEXT};

    if (own && (m.row = own_row(r, own))) {
        m.user = true;
    } else {
        m.row = known_row(r);
    }
    if (m.row) {
        m.finding = m.row->finding;
        m.confidence = m.row->confidence;
        return m;
    }
    m.step = REPLY_BY_ENHANCED;
    m.confidence = CONFIDENCE_MEDIUM;
    if ((m.finding = by_enhanced(r))) {
        return m;
    }
    m.step = REPLY_BY_CODE;
    m.confidence = CONFIDENCE_LOW;
    if (!(m.finding = by_code(r))) {
        m.step = REPLY_BY_NOTHING;
    }
    return m;
}
