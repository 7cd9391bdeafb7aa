/* held.c - a list of sessions, bounded by the memory they take. */
#include "report/held.h"

#include <stdlib.h>

#include "dissect/limits.h"

enum { FIRST_ROOM = 64 };

static bool make_room(struct held *h)
{
    size_t room = h->room ? h->room * 2 : FIRST_ROOM;
    struct session **list = realloc(h->list, room * sizeof(struct session *));

    if (!list) {
        return false;
    }
    h->list = list;
    h->room = room;
    return true;
}

bool held_add(struct held *h, struct session *s)
{
    size_t bytes = session_size(s);

    if (h->bytes + bytes > LIMIT_UNJUDGED_BYTES || (h->count == h->room && !make_room(h))) {
        return false;
    }
    h->bytes += bytes;
    h->list[h->count++] = s;
    return true;
}

void held_give(struct held *h, session_sink sink, void *ctx)
{
    for (size_t i = 0; i < h->count; i++) {
        sink(ctx, h->list[i]);
    }
    h->count = h->bytes = 0;
}

void held_free(struct held *h)
{
    for (size_t i = 0; i < h->count; i++) {
        session_free(h->list[i]);
    }
    free(h->list);
    *h = (struct held){.list = NULL};
}
