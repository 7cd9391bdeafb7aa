/* reply_text.c - what of a reply is kept as text.
 *
 * Servers repeat what they did not understand, and what they repeat may be what nobody may keep:
 * the payload of an AUTH exchange, a password typed at the wrong moment.
 */
#include <string.h>

#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

/* A server may echo the line it did not understand: text that was not kept must not come back. */
struct bytes smtp_reply_without_echo(const struct smtp_dialogue *d, bool *secret, struct bytes text)
{
    const struct reply_reader *r = d->reply;

    *secret = r->answered ? r->answering.secret : r->unknown && (d->after_data || d->auth_tried);
    if (r->answered) {
        text = smtp_echo_cut(r->answering.echo, text);
    }
    for (size_t i = 0; *secret && i < text.len; i++) {
        if (text.data[i] && strchr("\"'<`:([", text.data[i])) {
            return text_trim((struct bytes){text.data, i});
        }
    }
    return text;
}

/* One word that is base64: what SASL calls additional data, or a challenge. */
static bool is_payload(struct bytes text)
{
    enum { PAYLOAD_MIN = 12 };
    struct bytes word = text_take_word(&text);

    return text.len == 0 && word.len >= PAYLOAD_MIN && smtp_command_is_base64(word);
}

/* The reply to an AUTH that was not captured may repeat what nobody could note. */
static bool answers_lost_auth(const struct smtp_dialogue *d)
{
    const struct reply_reader *r = d->reply;

    switch (r->code) {
    case 432: /* RFC 4954 section 6, RFC 2554 section 6 */
    case 534:
    case 535:
    case 538:
        return !r->answered;
    case 500:
    case 501:
    case 504:
        return r->unknown && !r->answered && d->auth_tried;
    default:
        return false;
    }
}

/* Payload of a SASL exchange, never kept. */
bool smtp_reply_hides(const struct smtp_dialogue *d, struct bytes first)
{
    uint16_t code = d->reply->code;

    return code == 334 || (code == 235 && is_payload(first)) || answers_lost_auth(d);
}

/* What a reply says, without what the client had sent to log in. */
struct text smtp_reply_keep(struct smtp_dialogue *d, struct bytes text, size_t limit)
{
    const struct reply_reader *r = d->reply;
    uint8_t copy[LIMIT_REPLY_TEXT];
    bool cut = text.len > limit, to_auth = r->answered && r->answering.verb == VERB_AUTH;
    struct text kept;

    if (!d->credentials || text.len == 0) {
        return session_text(d->s, text, limit);
    }
    text.len = text.len < sizeof copy ? text.len : sizeof copy;
    while (text.len == sizeof copy ||
           (text.len && cut && !text_is_blank(text.data[text.len - 1]))) {
        text.len--; /* half a word would not be recognized */
        cut = true;
    }
    memcpy(copy, text.data, text.len);
    kept = session_text(
        d->s, smtp_credentials_leave_out(d->credentials, copy, text.len, r->code >= 400 || to_auth),
        limit);
    kept.cut |= cut;
    return kept;
}
