/* fleet_listed.c - an address that several servers call listed, and the lists they name (catalogue:
 * blocklist-spread). That a list holds the address nobody but the list can say.
 */
#include <assert.h>
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/fleet_raise.h"

/* What of a reply names the list, and whose it is. */
static const struct {
    const char *word, *name;
} lists[] = {
    {"SPAMHAUS", "Spamhaus"},
    {"ABUSEAT", "Spamhaus CBL"},
    {"SPAMCOP", "SpamCop"},
    {"BARRACUDA", "Barracuda"},
    {"SORBS", "SORBS"},
    {"UCEPROTECT", "UCEPROTECT"},
    {"ABUSIX", "Abusix"},
    {"INVALUEMENT", "Invaluement"},
    {"MAILSPIKE", "Mailspike"},
    {"PSBL", "PSBL"},
    {"SPAMEATINGMONKEY", "Spam Eating Monkey"},
    {"SPAMRATS", "SpamRATS"},
    {"MANITU", "NiX Spam"},
    {"BACKSCATTERER", "Backscatterer"},
    {"GBUDB", "GBUdb Truncate"},
    {"CLOUDMARK", "Cloudmark"},
    {"PROOFPOINT", "Proofpoint"},
    {"SENDERSCORE", "Sender Score"},
    {"TRENDMICRO", "Trend Micro"},
};
enum { LISTS = sizeof lists / sizeof lists[0] };
static_assert(LISTS <= 32, "a bit for each");

uint32_t watch_lists_of(const struct finding *listed)
{
    uint32_t bits = 0;

    for (size_t k = 0; k < listed->evidence_count; k++) {
        const struct event *e = listed->evidence[k];
        for (unsigned i = 0; e->kind == EVENT_REPLY && i < LISTS; i++) {
            struct bytes reply = text_bytes(e->facts->reply.full);
            bits |= text_find(reply, lists[i].word) < reply.len ? UINT32_C(1) << i : 0;
        }
    }
    return bits;
}

void fleet_judge_listings(struct fleet *f, const struct station *t)
{
    struct group_entry *e;
    bool first = true;

    if (t->listing.count < 2 || !(e = fleet_raise_at(f, "blocklist-spread", t, &t->listings))) {
        return;
    }
    SAY(e, "%u servers%s say that this address is on a blocklist", t->listing.count,
        few_more(&t->listing));
    for (unsigned i = 0; i < LISTS; i++) {
        if (t->lists & UINT32_C(1) << i) {
            AND(e, "%s%s", first ? ": " : ", ", lists[i].name);
            first = false;
        }
    }
}
