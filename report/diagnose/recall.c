/* recall.c - each text has one place, which its ends and its length choose. */
#include "report/diagnose/recall.h"

#include <string.h>

static size_t place_of(struct text text, uint64_t about)
{
    uint64_t ends[2] = {0, 0}, h;
    size_t use = text.len < sizeof ends[0] ? text.len : sizeof ends[0];

    memcpy(&ends[0], text.s, use);
    memcpy(&ends[1], text.s + text.len - use, use);
    h = (ends[0] ^ about) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 32 ^ ends[1] ^ text.len) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 32) % RECALL_SLOTS;
}

static bool is_kept(struct text text)
{
    return text.len > 0 && text.len <= RECALL_TEXT;
}

bool recall_get(const struct recall *r, struct text text, uint64_t about, const void **found)
{
    const struct recall_slot *slot;

    if (!is_kept(text)) {
        return false;
    }
    slot = &r->slots[place_of(text, about)];
    if (slot->len != text.len || slot->about != about ||
        memcmp(slot->text, text.s, text.len) != 0) {
        return false;
    }
    *found = slot->found;
    return true;
}

void recall_put(struct recall *r, struct text text, uint64_t about, const void *found)
{
    struct recall_slot *slot;

    if (!is_kept(text)) {
        return;
    }
    slot = &r->slots[place_of(text, about)];
    slot->about = about;
    slot->found = found;
    slot->len = text.len;
    memcpy(slot->text, text.s, text.len);
}
