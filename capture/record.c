/* record.c - the words for where an input is damaged. */
#include "capture/record.h"

#include <stdarg.h>
#include <stdio.h>

#include "capture/fail.h"

enum { PLACE_MAX = 40 };

/* Up to where the input is whole. */
static void name_place(uint64_t packets, char out[PLACE_MAX])
{
    if (packets == 0) {
        snprintf(out, PLACE_MAX, "before its first packet");
    } else {
        snprintf(out, PLACE_MAX, "after packet %llu", (unsigned long long)packets);
    }
}

__attribute__((format(printf, 2, 3))) static enum record_answer describe(struct damage *damage,
                                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(damage->text, sizeof damage->text, format, args);
    va_end(args);
    return RECORD_DAMAGED;
}

/* What kept the window from reading on; RECORD_END when nothing did. */
static enum record_answer trouble(const struct window *w, const char *place, struct damage *damage)
{
    switch (w->trouble) {
    case TROUBLE_NONE:
        break;
    case TROUBLE_READ:
        return describe(damage, "cannot be read %s: %s", place, fail_reason(w->error));
    case TROUBLE_MEMORY:
        return describe(damage, "cannot be read %s: out of memory", place);
    case TROUBLE_PACKED_CUT:
        return describe(damage, "ends inside its %s data, %s", unpack_name(w->unpack), place);
    case TROUBLE_PACKED_BROKEN:
        return describe(damage, "has broken %s data %s (%s)", unpack_name(w->unpack), place,
                        unpack_reason(w->unpack));
    }
    return RECORD_END;
}

enum record_answer damage_after(struct damage *damage, uint64_t packets, const char *format, ...)
{
    char place[PLACE_MAX], what[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    name_place(packets, place);
    return describe(damage, "is damaged %s: %s", place, what);
}

enum record_answer record_short(const struct window *w, uint64_t packets, const char *what,
                                size_t len, size_t skip, struct damage *damage)
{
    char place[PLACE_MAX];
    name_place(packets, place);
    if (trouble(w, place, damage) == RECORD_DAMAGED) {
        return RECORD_DAMAGED;
    }
    if (w->to_skip > 0) {
        return describe(damage, "ends %s, inside data that is not a packet (%llu bytes missing)",
                        place, (unsigned long long)w->to_skip);
    }
    size_t have = window_rest(w).len;
    if (have == 0) {
        return RECORD_END;
    }
    return describe(damage, "ends inside %s (%zu of %zu bytes)", what, have - skip, len - skip);
}
