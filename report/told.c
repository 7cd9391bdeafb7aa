/* told.c - sentences about a whole capture that the summary and the HTML report share. */
#include "report/told.h"

#include <assert.h>
#include <string.h>

#include "dissect/text.h"
#include "report/diagnose/rules.h"
#include "report/words.h"

enum { LIMITS_NAMED = 3 };
enum { BINS_WORTH_DRAWING = 4, SESSIONS_WORTH_DRAWING = 6 };

#define PUT(t, ...) words_put((t).s, sizeof(t).s, __VA_ARGS__)
#define ADD(t, ...) words_add((t).s, sizeof(t).s, __VA_ARGS__)

struct told told_input(const struct settings *settings, const struct report_end *end)
{
    struct told t = {""};
    size_t n = source_input_count(end->source);

    (void)settings;
    if (n == 1) {
        const char *name = source_input(end->source, 0)->name, *slash = strrchr(name, '/');
        PUT(t, "%s", slash && slash[1] ? slash + 1 : name);
    } else {
        PUT(t, "%s captures", words_count(n).s);
    }
    return t;
}

struct words told_instant(const struct settings *settings, const struct report_end *end, int64_t ns,
                          int digits)
{
    struct words w = {""}, date = words_date(settings, end->first.time_ns);

    if (strcmp(date.s, words_date(settings, end->last.time_ns).s) != 0) {
        words_put(w.s, sizeof w.s, "%s, ", words_date(settings, ns).s);
    }
    words_add(w.s, sizeof w.s, "%s", words_clock(settings, ns, digits).s);
    return w;
}

struct told told_period(const struct settings *settings, const struct report_end *end,
                        const struct group *g)
{
    struct told t = {""};
    const char *zone = words_zone(settings, g->first.time_ns).s;
    struct words first = told_instant(settings, end, g->first.time_ns, 3);

    if (g->open) {
        PUT(t, "since %s %s, still failing when the capture ended", first.s, zone);
    } else if (g->sessions < 2 || g->first.time_ns == g->last.time_ns) {
        PUT(t, "at %s %s", first.s, zone);
    } else {
        PUT(t, "from %s to %s %s", first.s, told_instant(settings, end, g->last.time_ns, 3).s,
            zone);
    }
    return t;
}

const char *told_link(const struct settings *settings, const struct verdict *v, enum link link)
{
    static const char *const names[3][LINKS] = {
        {"Client", "Network path", "Server's TCP", "Server's mail app"},
        {"Our gateway", "Network path", "Their TCP", "Their mail app"},
        {"Their client", "Network path", "Our TCP", "Our mail app"},
    };
    (void)settings;
    return names[v->exists ? v->group->ours : OURS_UNKNOWN][link];
}

struct told told_party(const struct group *g, const char *word)
{
    struct told t = {""};
    bool client = g->points_to == PARTY_CLIENT;

    if (g->ours != OURS_UNKNOWN && (client || g->points_to == PARTY_SERVER)) {
        PUT(t, "%s ", client == (g->ours == OURS_CLIENT) ? "our" : "their");
    }
    ADD(t, "%s", word);
    return t;
}

struct told told_peer(const struct group *g, const char *nowhere)
{
    struct told t = {""};
    char address[ADDRESS_TEXT_MAX];

    address_format(&g->peer, address);
    if (g->addresses) {
        PUT(t, "%u addresses", g->addresses);
    } else {
        PUT(t, "%s", g->peer.family ? address : nowhere);
    }
    return t;
}

struct told told_title(const struct group *g)
{
    struct told t = {""};
    const struct rule *rule = rules_find(g->rule);

    PUT(t, "%s%s", rule && rule->title && *rule->title ? rule->title : g->rule,
        g->unproven ? " (unproven)" : "");
    return t;
}

struct told told_extent(const struct group *g)
{
    struct told t = {""};

    if (g->of >= g->sessions && g->of) {
        PUT(t, "%s of %s", words_count(g->sessions).s, words_counted(g->of, "session").s);
    } else {
        PUT(t, "%s", words_counted(g->sessions, "session").s);
    }
    return t;
}

const char *told_extent_more(const struct verdict *v)
{
    struct told counted = told_extent(v->group);
    size_t len = strlen(counted.s);

    if (strncmp(v->extent, counted.s, len) != 0) {
        return v->extent;
    }
    return v->extent + len + strspn(v->extent + len, ";, ");
}

struct told_headline told_headline(const struct verdict *v)
{
    struct told_headline h = {.len = v->headline_len};
    size_t name = strlen(v->group->peer_name);

    static_assert(sizeof h.s == sizeof v->headline, "a headline fits");
    memcpy(h.s, v->headline, h.len);
    if (!name || h.len < name || memcmp(h.s, v->group->peer_name, name) != 0) {
        h.s[0] = (char)text_upper((uint8_t)h.s[0]);
    }
    return h;
}

bool told_headline_has_address(const struct verdict *v)
{
    char address[ADDRESS_TEXT_MAX];

    address_format(&v->group->peer, address);
    return memmem(v->headline, v->headline_len, address, strlen(address)) != NULL;
}

bool told_worth_drawing(const struct bins *bins, uint64_t sessions)
{
    size_t used = 0;

    for (size_t i = 0; i < bins->count; i++) {
        bool any = false;
        for (int band = 0; band < BANDS; band++) {
            any = any || bins->n[i][band];
        }
        used += any;
    }
    return used >= BINS_WORTH_DRAWING && sessions >= SESSIONS_WORTH_DRAWING;
}

static void add_dropped(struct told *t, const struct report_end *end, bool *known)
{
    uint64_t dropped = 0;

    for (size_t i = 0; i < source_input_count(end->source); i++) {
        const struct source_input *in = source_input(end->source, i);
        dropped += in->dropped_kernel + in->dropped_interface;
        *known = *known || in->drops_known;
    }
    if (dropped) {
        ADD(*t, "%s dropped while capturing", words_counted(dropped, "packet").s);
    }
}

static void add_sessions(struct told *t, uint64_t n, const char *what)
{
    if (n) {
        ADD(*t, "%s%s %s", t->s[0] ? ", " : "", words_counted(n, "session").s, what);
    }
}

struct told told_limits(const struct report_end *end)
{
    struct told t = {""};
    int told = 0, more = 0;

    for (int i = 0; i < LIMITS; i++) {
        if (end->limits[i] && told < LIMITS_NAMED) {
            ADD(t, "%s%s", told++ ? ", " : "", limit_rows[i].name);
        } else {
            more += end->limits[i] > 0;
        }
    }
    if (more) {
        ADD(t, " and %d more limits", more);
    }
    return t;
}

struct told told_unseen(const struct report_end *end)
{
    struct told t = {""};
    const struct fleet_totals *f = fleet_totals(end->fleet);
    bool known = false;

    add_dropped(&t, end, &known);
    if (end->truncated_packets) {
        ADD(t, "%s%s", t.s[0] ? ", " : "",
            words_counted(end->truncated_packets, "truncated packet").s);
    }
    add_sessions(&t, f->lossy, "with bytes not captured");
    add_sessions(&t, f->one_sided, "seen in one direction only");
    add_sessions(&t, f->midway, "joined midway");
    add_sessions(&t, f->encrypted, "encrypted");
    if (end->limits_reached) {
        ADD(t, "%s%s reached", t.s[0] ? ", " : "", told_limits(end).s);
    }
    return t;
}

struct told told_quality(const struct report_end *end)
{
    struct told t = {""}, unseen = told_unseen(end);
    const struct fleet_totals *f = fleet_totals(end->fleet);
    struct told dropped = {""};
    bool known = false;

    add_dropped(&dropped, end, &known);
    if (known && !dropped.s[0]) {
        ADD(t, "no drops, ");
    }
    if (!end->truncated_packets) {
        ADD(t, "no truncation, ");
    }
    if (!f->one_sided) {
        ADD(t, "both directions, ");
    }
    if (t.s[0] && !unseen.s[0]) {
        t.s[strlen(t.s) - 2] = '\0';
    } else if (t.s[0]) {
        t.s[strlen(t.s) - 2] = ';';
    }
    ADD(t, "%s", unseen.s);
    if (!end->complete) {
        ADD(t, "%sinterrupted, only what was read until then", t.s[0] ? "; " : "");
    }
    return t;
}

struct told told_sessions(const struct fleet_totals *f)
{
    struct told t = {""};
    const char *open = " (";

    PUT(t, "%s", words_counted(f->sessions, "session").s);
    if (f->one_sided) {
        ADD(t, "%s%s seen in one direction only", open, words_count(f->one_sided).s);
        open = ", ";
    }
    if (f->lossy) {
        ADD(t, "%s%s with bytes not captured", open, words_count(f->lossy).s);
        open = ", ";
    }
    if (f->midway) {
        ADD(t, "%s%s joined midway", open, words_count(f->midway).s);
        open = ", ";
    }
    if (f->encrypted) {
        ADD(t, "%s%s encrypted", open, words_count(f->encrypted).s);
        open = ", ";
    }
    if (f->open) {
        ADD(t, "%s%s still open", open, words_count(f->open).s);
        open = ", ";
    }
    ADD(t, "%s", *open == ',' ? ")" : "");
    return t;
}

struct told told_slowest(const struct fleet_totals *f)
{
    struct told t = {""};

    if (f->slowest_session) {
        PUT(t, "Slowest reply %s (%s, %s).", words_duration(f->slowest_reply_s).s,
            words_phase_short(f->slowest_phase), words_session(f->slowest_session).s);
    }
    return t;
}

uint64_t told_example(const struct group *g)
{
    return g->example_count ? g->examples[0] : g->first_session;
}
