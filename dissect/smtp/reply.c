/* reply.c - one reply line, and what a reply's text tells. RFC 5321 section 4.2, RFC 2034.
 *
 *     reply-line = code [ "-" text / SP text ] CRLF     code = %x32-35 %x30-35 %x30-39
 *     enhanced   = class "." subject "." detail          class = 2 / 4 / 5    (RFC 3463)
 */
#include "dissect/smtp/reply.h"

#include <string.h>

#include "dissect/text.h"

struct smtp_reply_line smtp_reply_read(struct bytes line)
{
    struct smtp_reply_line r = {.text = line};

    if (line.len < 3 || !text_is_digit(line.data[0]) || !text_is_digit(line.data[1]) ||
        !text_is_digit(line.data[2]) || (line.len > 3 && text_is_digit(line.data[3]))) {
        return r;
    }
    r.valid = true;
    r.code =
        (uint16_t)((line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + line.data[2] - '0');
    r.text = (struct bytes){line.data + 3, line.len - 3};
    if (r.text.len && (r.text.data[0] == '-' || r.text.data[0] == ' ')) {
        r.more = r.text.data[0] == '-';
        r.text.data++;
        r.text.len--;
    }
    return r;
}

bool smtp_reply_plausible(struct bytes line)
{
    return line.len >= 3 && line.data[0] >= '2' && line.data[0] <= '5' && line.data[1] >= '0' &&
           line.data[1] <= '5' && text_is_digit(line.data[2]) &&
           (line.len == 3 || line.data[3] == ' ' || line.data[3] == '-');
}

/* One to three digits; false when there are none or more. */
static bool take_number(struct bytes *b, uint16_t *out)
{
    size_t n = 0;

    *out = 0;
    while (n < b->len && n < 4 && text_is_digit(b->data[n])) {
        *out = (uint16_t)(*out * 10 + b->data[n++] - '0');
    }
    b->data += n;
    b->len -= n;
    return n >= 1 && n <= 3;
}

static bool take_dot(struct bytes *b)
{
    if (b->len == 0 || b->data[0] != '.') {
        return false;
    }
    b->data++;
    b->len--;
    return true;
}

struct enhanced smtp_reply_enhanced(struct bytes text)
{
    struct enhanced e, none = {0, 0, 0};

    if (text.len && text.data[0] == '#') {
        text.data++;
        text.len--;
    }
    if (text.len < 5 || !text_is_digit(text.data[0])) {
        return none; /* most texts */
    }
    if (!take_number(&text, &e.class) || !take_dot(&text) || !take_number(&text, &e.subject) ||
        !take_dot(&text) || !take_number(&text, &e.detail)) {
        return none;
    }
    if ((e.class != 2 && e.class != 4 && e.class != 5) ||
        (text.len && !text_is_blank(text.data[0]) && text.data[0] != ':')) {
        return none;
    }
    return e;
}

static bool is_one_of(const char *set, uint8_t c)
{
    return c != 0 && strchr(set, c);
}

/* The word that follows position i, without enclosing or trailing punctuation. */
static struct bytes word_at(struct bytes text, size_t i)
{
    struct bytes rest = {text.data + i, text.len - i}, word;

    word = text_take_word(&rest);
    while (word.len && is_one_of("<([\"'", word.data[0])) {
        word.data++;
        word.len--;
    }
    while (word.len && is_one_of(">)].,;:\"'", word.data[word.len - 1])) {
        word.len--;
    }
    return word;
}

/* The word before position i. */
static struct bytes word_before(struct bytes text, size_t i)
{
    size_t end = i, start;

    while (end > 0 && text_is_blank(text.data[end - 1])) {
        end--;
    }
    for (start = end; start > 0 && !text_is_blank(text.data[start - 1]); start--) {
    }
    return (struct bytes){text.data + start, end - start};
}

/* At least six characters of letters, digits and what queue ids are joined with, a digit in it. */
static bool looks_like_id(struct bytes b)
{
    bool digit = false;

    for (size_t i = 0; i < b.len; i++) {
        digit |= text_is_digit(b.data[i]);
        if (!text_is_digit(b.data[i]) && !text_is_letter(b.data[i]) &&
            !is_one_of("-._", b.data[i])) {
            return false;
        }
    }
    return b.len >= 6 && b.len <= 64 && digit;
}

struct bytes smtp_reply_queue_id(struct bytes text)
{
    /* What precedes the id; the texts of Postfix, Exim, Exchange, Haraka and others. */
    static const char *const before[] = {"QUEUED AS ", "ID=", "QUEUED (", "QUEUE-ID ",
                                         "QUEUED WITH ID "};
    /* What follows it: Sendmail and OpenSMTPD, Gmail. */
    static const char *const behind[] = {"MESSAGE ACCEPTED FOR DELIVERY", "- GSMTP"};
    const struct bytes none = {text.data, 0};
    size_t i;

    for (size_t n = 0; n < sizeof before / sizeof before[0]; n++) {
        i = text_find(text, before[n]);
        if (i < text.len && (i == 0 || !text_is_letter(text.data[i - 1]))) {
            struct bytes id = word_at(text, i + strlen(before[n]));
            return id.len ? id : none;
        }
    }
    for (size_t n = 0; n < sizeof behind / sizeof behind[0]; n++) {
        i = text_find(text, behind[n]);
        if (i < text.len) {
            struct bytes id = word_before(text, i);
            return looks_like_id(id) && smtp_reply_enhanced(id).class == 0 ? id : none;
        }
    }
    return none;
}
