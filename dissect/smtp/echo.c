/* echo.c - whether a reply repeats what the client sent, without keeping what that was.
 *
 * Servers quote what they did not understand: a password typed at the wrong moment, a line of a
 * message whose DATA was refused. 16 bits of a hash and a length find it again in the reply; a
 * false match costs the end of a text, nothing else.
 */
#include "dissect/smtp/echo.h"

#include "dissect/text.h"

enum { ECHO_MIN = 3, ECHO_WORD_MAX = 32, ECHO_MAX = 200 };

static uint16_t hash(struct bytes b)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < b.len; i++) {
        h = (h ^ text_upper(b.data[i])) * 16777619u;
    }
    return (uint16_t)(h ^ h >> 16);
}

struct smtp_echo smtp_echo_of(struct bytes text)
{
    struct bytes word = text_take_word(&text);

    if (word.len < ECHO_MIN) {
        word.len = 0;
    } else if (word.len > ECHO_WORD_MAX) {
        word.len = ECHO_WORD_MAX;
    }
    return (struct smtp_echo){hash(word), (uint8_t)word.len};
}

struct smtp_echo smtp_echo_of_all(struct bytes text)
{
    if (text.len < ECHO_MIN) {
        text.len = 0;
    } else if (text.len > ECHO_MAX) {
        text.len = ECHO_MAX;
    }
    return (struct smtp_echo){hash(text), (uint8_t)text.len};
}

static bool is_word(uint8_t c)
{
    return text_is_letter(c) || text_is_digit(c);
}

struct bytes smtp_echo_cut(struct smtp_echo e, struct bytes text)
{
    for (size_t i = 0; e.len && i < text.len && text.len - i >= e.len; i++) {
        if ((i == 0 || !is_word(text.data[i - 1]) || !is_word(text.data[i])) &&
            hash((struct bytes){text.data + i, e.len}) == e.hash) {
            return text_trim((struct bytes){text.data, i});
        }
    }
    return text;
}

/* Between this octet and the one before it no word goes on. */
static bool is_edge(struct bytes text, size_t at)
{
    return at == 0 || at == text.len || !is_word(text.data[at - 1]) || !is_word(text.data[at]);
}

size_t smtp_echo_find(struct smtp_echo e, struct bytes text, size_t from)
{
    for (size_t i = from; e.len && i < text.len && text.len - i >= e.len; i++) {
        if (is_edge(text, i) && (e.len == ECHO_MAX || is_edge(text, i + e.len)) &&
            hash((struct bytes){text.data + i, e.len}) == e.hash) {
            return i;
        }
    }
    return text.len;
}
