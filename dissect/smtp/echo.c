/* echo.c - whether a reply repeats what the client sent, without keeping what that was.
 *
 * Servers quote what they did not understand: a password typed at the wrong moment, a line of a
 * message whose DATA was refused. 16 bits of a hash and a length find it again in the reply; a
 * false match costs the end of a text, nothing else.
 */
#include "dissect/smtp/echo.h"

#include "dissect/text.h"

enum { ECHO_MIN = 3, ECHO_MAX = 32 };

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
    } else if (word.len > ECHO_MAX) {
        word.len = ECHO_MAX;
    }
    return (struct smtp_echo){hash(word), (uint8_t)word.len};
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
