/* replies.c - what a refusal means. replies.h tells the three steps.
 *
 * Some 400 globs are tried on every refusal. Before a glob is searched for, the pairs of letters of
 * its first piece are looked up in a set of those that the text has: nearly all rows end there, and
 * the scan costs about as much as the reading of the reply did.
 */
#include "report/diagnose/replies.h"

#include <string.h>

#include "dissect/smtp/reply.h"
#include "dissect/text.h"

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

/* --- texts --- */

/* Which pairs of neighbouring characters a text has; different pairs may share a bit. */
struct pairs {
    uint64_t bits[64];
};

static unsigned pair_of(char a, char b)
{
    return ((unsigned)(unsigned char)a & 63) << 6 | ((unsigned)(unsigned char)b & 63);
}

static void pairs_of(struct pairs *p, const char *text, size_t len)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i + 1 < len; i++) {
        unsigned pair = pair_of(text[i], text[i + 1]);
        p->bits[pair >> 6] |= UINT64_C(1) << (pair & 63);
    }
}

/* False: the glob's first piece is surely not in the text. */
static bool may_match(const struct pairs *p, const char *glob)
{
    for (; glob[0] && glob[0] != '*' && glob[1] && glob[1] != '*'; glob++) {
        unsigned pair = pair_of(glob[0], glob[1]);
        if (!(p->bits[pair >> 6] >> (pair & 63) & 1)) {
            return false;
        }
    }
    return true;
}

size_t replies_normalize(struct text text, char out[REPLIES_TEXT_MAX])
{
    struct bytes in = text_trim(text_bytes(text));
    size_t len = 0;
    bool blank = true;

    if (smtp_reply_enhanced(in).class) {
        (void)text_take_word(&in);
    }
    out[len++] = ' ';
    for (size_t i = 0; i < in.len && len < REPLIES_TEXT_MAX - 2; i++) {
        uint8_t c = in.data[i];

        if (text_is_blank(c) || c == '\r' || c == '\n') {
            if (!blank) {
                out[len++] = ' ';
            }
            blank = true;
            continue;
        }
        out[len++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        blank = false;
    }
    if (!blank) {
        out[len++] = ' ';
    }
    out[len] = '\0';
    return len;
}

/* Piece by piece, each at its first place behind the one before: right for globs without '?'. */
bool replies_match(const char *text, size_t len, const char *glob, bool anchored)
{
    const char *end = text + len;

    while (*glob) {
        size_t piece = strcspn(glob, "*");
        const char *at = anchored ? text : memmem(text, (size_t)(end - text), glob, piece);

        if (!at || (size_t)(end - at) < piece || memcmp(at, glob, piece) != 0) {
            return false;
        }
        text = at + piece;
        glob += piece;
        anchored = false;
        while (*glob == '*') {
            glob++;
        }
    }
    return true;
}

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

struct searched {
    const struct refused *r;
    char text[REPLIES_TEXT_MAX];
    size_t len;
    struct pairs pairs;
};

static const struct reply_row *find_row(const struct searched *s, const struct reply_row *list,
                                        size_t count)
{
    const struct refused *r = s->r;

    for (const struct reply_row *row = list; row < list + count; row++) {
        if (may_match(&s->pairs, row->glob) && has_code(row->codes, r->code) &&
            (row->subject < 0 || (r->enhanced.class && row->subject == (int)r->enhanced.subject &&
                                  row->detail == (int)r->enhanced.detail)) &&
            (row->phase == PHASES || row->phase == r->phase) &&
            replies_match(s->text, s->len, row->glob, false)) {
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
        return "server-not-accepting";
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

struct meaning replies_classify(const struct refused *r, const struct reply_rows *own)
{
    struct searched s = {.r = r};
    struct meaning m = {.step = REPLY_BY_TEXT};

    s.len = replies_normalize(r->text, s.text);
    pairs_of(&s.pairs, s.text, s.len);
    if (own && (m.row = find_row(&s, own->rows, own->count))) {
        m.user = true;
    } else {
        m.row = find_row(&s, rows, ROW_COUNT);
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
