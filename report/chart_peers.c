/* chart_peers.c - a strip for each peer: which share of its sessions failed when.
 *
 * The peers that fail most come first; beyond CHART_PEERS the rest is one strip.
 */
#include "report/chart_parts.h"

#include <string.h>

#include "report/escape.h"
#include "report/width.h"
#include "report/words.h"

enum { LANE = 28, LANE_HEIGHT = 22, NAME_COLUMNS = 21 };

struct strip {
    const char *name; /* ours, or NULL: the peer's */
    const struct peer *peer;
    bool by_address; /* another strip has the same name */
    uint64_t failed, all;
    uint64_t bin_failed[FLEET_BINS], bin_all[FLEET_BINS];
};

static void add_peer(struct strip *s, const struct peer *p, size_t bins)
{
    s->failed += p->failed;
    s->all += p->sessions;
    for (size_t i = 0; i < bins; i++) {
        s->bin_failed[i] += p->bin_failed[i];
        s->bin_all[i] += p->bin_all[i];
    }
}

static void put_strip_name(FILE *out, const struct strip *s, int y, bool bad)
{
    char address[ADDRESS_TEXT_MAX];
    struct bytes name = bytes_of_string(s->name);
    size_t fits;

    if (s->peer) {
        address_format(&s->peer->address, address);
        name = bytes_of_string(s->peer->name[0] && !s->by_address ? s->peer->name : address);
    }
    fits = width_fit(name, NAME_COLUMNS);
    fits = fits < name.len ? width_fit(name, NAME_COLUMNS - 1) : fits;
    fputs("<title>", out);
    escape_html(out, name);
    if (s->peer && s->peer->name[0]) {
        fputs(" (", out);
        escape_html(out, bytes_of_string(s->by_address ? s->peer->name : address));
        putc(')', out);
    }
    fprintf(out, ": %s of %s failed</title>", words_count(s->failed).s,
            words_counted(s->all, "session").s);
    fprintf(out, "<text x=\"0\" y=\"%d\" class=\"lane-name%s\">", y, bad ? " bad" : "");
    escape_html(out, (struct bytes){name.data, fits});
    fprintf(out, "%s</text>", fits < name.len ? "…" : "");
}

/* The peer the verdict speaks of: only its strip is red. */
static bool is_spoken_of(const struct fleet *fleet, const struct peer *p)
{
    const struct verdict *v = fleet_verdict(fleet);

    if (v->exists && !v->group->peer.family) {
        return p && p->failed > 0; /* it speaks of all that fail */
    }
    return p && v->exists && v->group->peer_side == p->side && v->group->peer_port == p->port &&
           address_equal(&v->group->peer, &p->address);
}

static void put_strip(FILE *out, const struct chart_axis *a, const struct strip *s, int y, bool bad)
{
    char share[64];
    double wide = a->bin_wide > 3 ? a->bin_wide - 2 : a->bin_wide;

    fputs("<g>", out);
    put_strip_name(out, s, y + 15, bad);
    words_put(share, sizeof share, "%.24s / %.24s", words_count(s->failed).s,
              words_count(s->all).s);
    chart_label(out, CHART_LEFT - 8, y + 15, bad ? "lane-name bad end" : "lane-name end", share);
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"lane\"/>", CHART_LEFT,
            y, CHART_RIGHT - CHART_LEFT, LANE_HEIGHT);
    for (size_t i = 0; i < a->bins->count; i++) {
        uint64_t failed = s->bin_failed[i], all = s->bin_all[i];
        int heat = !failed ? 0 : failed * 3 < all ? 1 : failed * 3 < all * 2 || !bad ? 2 : 3;
        if (all) {
            fprintf(out,
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"heat%d\"/>",
                    CHART_LEFT + (double)i * a->bin_wide + 1, y + 1, wide > 1 ? wide : 1,
                    LANE_HEIGHT - 2, heat);
        }
    }
    fputs("</g>", out);
}

/* Whether a comes before b: more failures, then more sessions, then the fleet's order. */
static bool ranks_before(const struct peer *a, const struct peer *b)
{
    return a->failed != b->failed ? a->failed > b->failed : a->sessions > b->sessions;
}

/* The peers worth a strip, best first; returns how many. */
static size_t choose_peers(const struct fleet *fleet, const struct peer *chosen[CHART_PEERS])
{
    size_t n = 0, count = fleet_peer_count(fleet);

    for (size_t i = 0; i < count; i++) {
        const struct peer *p = fleet_peer(fleet, i);
        size_t at = n;
        while (at > 0 && ranks_before(p, chosen[at - 1])) {
            at--;
        }
        if (at == CHART_PEERS) {
            continue;
        }
        n += n < CHART_PEERS;
        memmove(&chosen[at + 1], &chosen[at], (n - at - 1) * sizeof(const struct peer *));
        chosen[at] = p;
    }
    return n;
}

static bool shares_name(const struct peer *const chosen[], size_t n, size_t i)
{
    for (size_t j = 0; j < n; j++) {
        if (j != i && !strcmp(chosen[i]->name, chosen[j]->name)) {
            return true;
        }
    }
    return false;
}

int chart_strips(FILE *out, const struct chart_axis *a, const struct fleet *fleet)
{
    const struct peer *chosen[CHART_PEERS];
    size_t n = choose_peers(fleet, chosen), count = fleet_peer_count(fleet);
    struct strip others = {0};
    char name[64];
    int y = CHART_LANES_Y + 14;

    chart_label(out, 0, CHART_LANES_Y + 4, "lane-head", "Failed by peer");
    chart_label(out, CHART_LEFT - 8, CHART_LANES_Y + 4, "axis end", "failed / all");
    for (size_t i = 0; i < n; i++, y += LANE) {
        struct strip s = {.peer = chosen[i], .by_address = shares_name(chosen, n, i)};
        add_peer(&s, chosen[i], a->bins->count);
        put_strip(out, a, &s, y, is_spoken_of(fleet, chosen[i]));
    }
    for (size_t i = 0; i < count; i++) {
        bool drawn = false;
        for (size_t j = 0; j < n; j++) {
            drawn = drawn || chosen[j] == fleet_peer(fleet, i);
        }
        if (!drawn) {
            add_peer(&others, fleet_peer(fleet, i), a->bins->count);
        }
    }
    if (count > n) {
        words_put(name, sizeof name, "%s others", words_count(count - n).s);
        others.name = name;
        put_strip(out, a, &others, y, false);
        y += LANE;
    }
    return y;
}
