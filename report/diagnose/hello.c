/* hello.c - what the server offered.
 *
 * Only the keywords of the last accepted hello are known, so commands before it are not judged by
 * them.
 */
#include "report/diagnose/hello.h"

#include <string.h>

#include "dissect/limits.h"
#include "dissect/text.h"
#include "report/diagnose/rules_all.h"
#include "report/diagnose/traits.h"

/* Which keyword stands for a parameter of MAIL or RCPT (the RFCs of the extensions); a parameter
 * that is not listed has its own name for keyword. */
static const struct {
    const char *parameter, *keyword;
} parameters[] = {
    {"BODY=BINARYMIME", "BINARYMIME"},
    {"BODY=7BIT", "8BITMIME"},
    {"BODY=8BITMIME", "8BITMIME"},
    {"BODY", "8BITMIME"},
    {"RET", "DSN"},
    {"ENVID", "DSN"},
    {"NOTIFY", "DSN"},
    {"ORCPT", "DSN"},
    {"BY", "DELIVERBY"},
    {"HOLDFOR", "FUTURERELEASE"},
    {"HOLDUNTIL", "FUTURERELEASE"},
};

enum { PARAMETER_COUNT = sizeof parameters / sizeof parameters[0], MASK_LETTERS = 4 };

bool hello_is_mask(struct text word)
{
    uint32_t marks = 0;

    while (marks < word.len && (word.s[marks] == 'X' || word.s[marks] == 'x')) {
        marks++;
    }
    return marks >= MASK_LETTERS &&
           (marks == word.len || (marks + 1 == word.len && text_is_letter((uint8_t)word.s[marks])));
}

const struct keyword *hello_masked(const struct session *s)
{
    for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
        struct bytes rest = text_bytes(k->text), word;

        if (!k->text.len || text_upper((uint8_t)k->text.s[0]) != 'X') {
            continue;
        }
        word = text_take_word(&rest);
        if (hello_is_mask((struct text){(const char *)word.data, (uint32_t)word.len, false})) {
            return k;
        }
    }
    return NULL;
}

bool hello_known(const struct judge *j, const struct event *action)
{
    const struct session *s = j->s;
    const struct event *hello = s->smtp.ehlo;
    const struct event *reply = hello ? waiting_reply_to(hello) : NULL;

    return reply && hello->offset < action->offset && traits_knows_beginning(s) && !s->folded &&
           s->smtp.keyword_count < LIMIT_KEYWORDS && j->d->capture != CAPTURE_ONE_SIDED &&
           !(reply->facts->reply.flags & REPLY_INVALID) && !(j->course.has & NEEDS_DOUBT) &&
           judge_trusts_silence(j, SIDE_SERVER, s->first) && !j->course.masked;
}

const struct keyword *hello_keyword(const struct session *s, const char *word)
{
    size_t len = strlen(word);

    for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
        if (k->text.len >= len && text_upper((uint8_t)k->text.s[0]) == text_upper((uint8_t)*word) &&
            (k->text.len == len || k->text.s[len] == ' ' || k->text.s[len] == '=') &&
            strncasecmp(k->text.s, word, len) == 0) {
            return k;
        }
    }
    return NULL;
}

bool hello_parameters(const struct session *s, const char *keyword, struct text *out)
{
    const struct keyword *k = hello_keyword(s, keyword);
    uint32_t len = (uint32_t)strlen(keyword), skip;

    if (k) {
        skip = len + (k->text.len > len);
        *out = (struct text){k->text.s + skip, k->text.len - skip, k->text.cut};
    }
    return k != NULL;
}

uint64_t hello_size_limit(const struct session *s)
{
    struct text t;
    uint64_t n;

    if (hello_parameters(s, "SIZE", &t) && text_number(text_trim(text_bytes(t)), &n) && n > 0) {
        return n;
    }
    return UINT64_MAX;
}

bool hello_offers_mechanism(const struct session *s, struct text mechanism)
{
    for (const struct keyword *k = s->smtp.keywords; k; k = k->next) {
        struct bytes rest = text_bytes(k->text), word;

        if (k->text.len < 5 || strncasecmp(k->text.s, "AUTH", 4) != 0 ||
            (k->text.s[4] != ' ' && k->text.s[4] != '=')) {
            continue;
        }
        rest.data += 5;
        rest.len -= 5;
        while ((word = text_take_word(&rest)).len) {
            if (word.len == mechanism.len &&
                strncasecmp((const char *)word.data, mechanism.s, word.len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_parameter(struct bytes word, const char *name)
{
    size_t len;

    if (text_upper(word.data[0]) != (uint8_t)name[0]) {
        return false;
    }
    len = strlen(name);
    return word.len >= len && (word.len == len || word.data[len] == '=') &&
           strncasecmp((const char *)word.data, name, len) == 0;
}

static bool was_offered(const struct session *s, struct bytes word)
{
    size_t len = 0;
    char name[64];

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        if (is_parameter(word, parameters[i].parameter)) {
            return rules_offered(s, parameters[i].keyword);
        }
    }
    while (len < word.len && len + 1 < sizeof name && word.data[len] != '=') {
        name[len] = (char)word.data[len];
        len++;
    }
    name[len] = '\0';
    return rules_offered(s, name);
}

struct text hello_foreign_parameter(const struct session *s, struct text params,
                                    struct text *offered)
{
    struct bytes rest = text_bytes(params), word;

    *offered = (struct text){NULL, 0, false};
    while ((word = text_take_word(&rest)).len) {
        struct text t = {(const char *)word.data, (uint32_t)word.len, false};

        if (!was_offered(s, word)) {
            return t;
        }
        if (!offered->len) {
            *offered = t;
        }
    }
    return (struct text){NULL, 0, false};
}
