/* text_tables.c - the tables of the terminal summary: outcomes over time, findings.
 *
 * Columns leave a narrow screen in the order first, last, points-to; severity, finding, peer and
 * count never do. Sparklines have one character for a bin, or for several where there is no room.
 */
#include "report/text_parts.h"

#include <string.h>

#include "report/chart.h"
#include "report/escape.h"

enum {
    SPARK_LABEL = 18,
    SPARK_NUMBERS = 16,
    TICK_COLUMNS = 15,
    FINDING_MIN = 24,
    FINDING_MAX = 40,
    ROWS_SHOWN = 30,
    PEER_MAX = ADDRESS_TEXT_MAX + 8, /* "[]:65535" */
    MERGED_FROM = 4,                 /* so many peers with the same finding are one row */
};

/* --- over time --- */

/* Instants above the sparklines, where they fit. */
static void put_spark_head(const struct print *p, const struct bins *bins, size_t columns)
{
    size_t stride = sparkline_stride(bins->count, columns),
           used = (bins->count + stride - 1) / stride;
    struct bins shown = {.width_ns = bins->width_ns * (int64_t)stride};
    int64_t step = shown.width_ns * TICK_COLUMNS;
    char per[32];
    size_t at = 0;

    /* Between marks that are half a day apart the time of day says nothing; else it is exact. */
    step = step >= INT64_C(43200000000000) ? step : shown.width_ns;

    fprintf(p->out, "\n  %-*s", SPARK_LABEL - 2, chart_per(&shown, per));
    for (size_t i = 0; i + 8 < used || i == 0; i += TICK_COLUMNS) {
        int64_t ns = bins->start_ns + bins->width_ns * (int64_t)(i * stride);
        struct words clock = words_tick(p->settings, ns, step);
        fprintf(p->out, "%*s%s", (int)(i - at), "", clock.s);
        at = i + strlen(clock.s);
    }
    fprintf(p->out, "%*s   max  total\n", at < used ? (int)(used - at) : 0, "");
}

static void put_spark_row(const struct print *p, const struct bins *bins, enum band band,
                          size_t columns)
{
    size_t stride = sparkline_stride(bins->count, columns);
    uint32_t values[FLEET_BINS];
    uint64_t largest = 0, total = 0;

    for (size_t i = 0; i < bins->count; i++) {
        values[i] = bins->n[i][band];
        total += values[i];
    }
    for (size_t i = 0; i < bins->count; i += stride) {
        uint64_t sum = 0;
        for (size_t j = i; j < i + stride && j < bins->count; j++) {
            sum += values[j];
        }
        largest = sum > largest ? sum : largest;
    }
    fprintf(p->out, "  %-*s", SPARK_LABEL - 2, chart_band_words[band]);
    screen_ink(p->screen, chart_band_failed(band) ? INK_BAD : INK_NONE);
    screen_sparkline(p->screen, values, bins->count, columns);
    screen_plain(p->screen);
    fprintf(p->out, " %5s %6s\n", words_count(largest).s, words_count(total).s);
}

void text_sparks(const struct print *p)
{
    const struct bins *bins = fleet_bins(p->end->fleet);
    size_t columns = p->screen->columns - SPARK_LABEL - SPARK_NUMBERS;

    if (!told_worth_drawing(bins, p->end->sessions)) {
        return;
    }
    put_spark_head(p, bins, columns);
    for (int i = 0; i < BANDS; i++) {
        if (chart_band_total(bins, chart_order[i])) {
            put_spark_row(p, bins, chart_order[i], columns);
        }
    }
}

/* --- findings --- */

/* A finding, or the same one of several peers. */
struct row {
    struct group group; /* the first of them; sessions, first, last and open are those of all */
    size_t peers;       /* 1: one */
    bool with_port;     /* another row differs from it in nothing but the port */
};

struct rows {
    struct row row[ROWS_SHOWN];
    size_t count, left_out; /* groups without a row */
};

enum { SESSIONS_WIDE = 8, SESSIONS_NARROW = 5 }; /* "SESSIONS"; "SESS.", before a title is cut */

struct columns {
    size_t id, finding, peer, sessions;
    bool first, last, points_to;
    size_t instant;
};

static size_t others(const struct columns *c)
{
    return 2 + c->id + 9 + c->peer + 2 + c->sessions + (c->first ? c->instant + 2 : 0) +
           (c->last ? c->instant + 2 : 0) + (c->points_to ? 11 : 0);
}

/* What came with another finding in the same sessions is no fault of its own. */
static struct told row_title(const struct row *r)
{
    struct told title = told_title(&r->group), whole;

    if (r->group.part_of && r->peers == 1) {
        words_put(whole.s, sizeof whole.s, "+F%u %s", r->group.part_of, title.s);
        title = whole;
    }
    return title;
}

static void put_address(char out[PEER_MAX], const struct row *r)
{
    const struct group *g = &r->group;
    char address[ADDRESS_TEXT_MAX];

    if (g->addresses) {
        words_put(out, PEER_MAX, "%u addresses", g->addresses);
    } else if (r->peers > 1) {
        words_put(out, PEER_MAX, "%s %ss", words_count(r->peers).s,
                  g->peer_side == SIDE_SERVER ? "server" : "client");
    } else if (g->peer.family) {
        address_format(&g->peer, address);
        if (!r->with_port) {
            words_put(out, PEER_MAX, "%s", address);
        } else {
            words_put(out, PEER_MAX, g->peer.family == 6 ? "[%s]:%u" : "%s:%u", address,
                      (unsigned)g->peer_port);
        }
    } else {
        words_put(out, PEER_MAX, g->cross_session && g->first.packet ? "several" : "");
    }
}

static bool merges(const struct print *p, const struct group *g)
{
    return !g->cross_session && g->peer.family && (!p->verdict->exists || g != p->verdict->group);
}

/* Alike but for the peer. */
static bool is_like(const struct group *a, const struct group *b)
{
    return a->severity == b->severity && a->points_to == b->points_to && a->ours == b->ours &&
           a->peer_side == b->peer_side && a->unproven == b->unproven &&
           !a->part_of == !b->part_of && strcmp(a->rule, b->rule) == 0;
}

static void add_to_row(struct row *r, const struct group *g)
{
    r->peers++;
    r->group.sessions += g->sessions;
    r->group.open = r->group.open || g->open;
    if (g->first.time_ns < r->group.first.time_ns) {
        r->group.first = g->first;
    }
    if (g->last.time_ns > r->group.last.time_ns) {
        r->group.last = g->last;
    }
}

static bool has_row(const struct rows *rows, const struct group *g)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->row[i].peers > 1 && is_like(&rows->row[i].group, g)) {
            return true;
        }
    }
    return false;
}

/* The same rule about the same machine: 25 and 587 must be told apart. */
static void mark_ports(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct row *a = &rows->row[i];
        for (size_t k = 0; k < rows->count && a->peers == 1 && a->group.peer.family; k++) {
            const struct row *b = &rows->row[k];
            a->with_port =
                a->with_port || (b->peers == 1 && a->group.peer_port != b->group.peer_port &&
                                 strcmp(a->group.rule, b->group.rule) == 0 &&
                                 address_equal(&a->group.peer, &b->group.peer) &&
                                 a->group.peer_side == b->group.peer_side);
        }
    }
}

static void choose_rows(const struct print *p, struct rows *rows)
{
    size_t count = fleet_group_count(p->end->fleet);

    for (size_t i = 0; i < count; i++) {
        const struct group *g = fleet_group(p->end->fleet, i);
        struct row *r = &rows->row[rows->count];

        if (merges(p, g) && has_row(rows, g)) {
            continue;
        }
        if (rows->count == ROWS_SHOWN) {
            rows->left_out++;
            continue;
        }
        *r = (struct row){.group = *g, .peers = 1};
        for (size_t k = i + 1; k < count && merges(p, g); k++) {
            const struct group *other = fleet_group(p->end->fleet, k);
            if (merges(p, other) && is_like(g, other)) {
                add_to_row(r, other);
            }
        }
        if (r->peers < MERGED_FROM) {
            *r = (struct row){.group = *g, .peers = 1};
        }
        rows->count++;
    }
    rows->left_out += fleet_totals(p->end->fleet)->forgotten_groups;
    mark_ports(rows);
}

static struct columns choose_columns(const struct print *p, const struct rows *rows)
{
    struct columns c = {4, 0, 4, SESSIONS_WIDE, true, true, true, 8};
    size_t screen = p->screen->columns, number = SESSIONS_NARROW;

    c.instant = strlen(told_instant(p->settings, p->end, p->end->last.time_ns, 0).s);
    for (size_t i = 0; i < rows->count; i++) {
        char address[PEER_MAX];
        size_t title = strlen(row_title(&rows->row[i]).s);
        size_t id = strlen(words_count(rows->row[i].group.number).s) + 2;
        c.id = id > c.id ? id : c.id;
        put_address(address, &rows->row[i]);
        c.peer = strlen(address) > c.peer ? strlen(address) : c.peer;
        c.finding = title > c.finding ? title : c.finding;
        size_t digits = strlen(words_count(rows->row[i].group.sessions).s);
        number = digits > number ? digits : number;
    }
    c.finding = c.finding < 7 ? 7 : c.finding > FINDING_MAX ? FINDING_MAX : c.finding;
    size_t wish = c.finding < FINDING_MIN ? c.finding : FINDING_MIN;
    c.first = others(&c) + wish + 2 <= screen;
    c.last = others(&c) + wish + 2 <= screen;
    c.points_to = others(&c) + wish + 2 <= screen;
    if (others(&c) + c.finding + 2 > screen && number < SESSIONS_WIDE) {
        c.sessions = number;
    }
    if (others(&c) + c.finding + 2 > screen) {
        c.finding = screen > others(&c) + 2 + 8 ? screen - others(&c) - 2 : 8;
    }
    return c;
}

static void put_row(const struct print *p, const struct row *r, const struct columns *c)
{
    const struct group *g = &r->group;
    char address[PEER_MAX], id[16];
    struct told title = row_title(r);

    words_put(id, sizeof id, "F%u", g->number);
    put_address(address, r);
    fprintf(p->out, "  %-*s", (int)c->id, id);
    screen_ink(p->screen, text_severity_ink(g->severity));
    fprintf(p->out, "%-9s", severity_words[g->severity]);
    screen_plain(p->screen);
    screen_wire_field(p->screen, bytes_of_string(title.s), c->finding);
    fprintf(p->out, "  %-*s  %*s", (int)c->peer, address, (int)c->sessions,
            words_count(g->sessions).s);
    if (c->first) {
        fprintf(p->out, "  %-*s", (int)c->instant,
                told_instant(p->settings, p->end, g->first.time_ns, 0).s);
    }
    if (c->last) {
        fprintf(p->out, "  %-*s", (int)c->instant,
                g->open ? "open" : told_instant(p->settings, p->end, g->last.time_ns, 0).s);
    }
    if (c->points_to) {
        fprintf(p->out, "  %s", told_party(g, party_words[g->points_to]).s);
    }
    putc('\n', p->out);
}

void text_findings(const struct print *p)
{
    struct rows rows = {.count = 0};
    struct columns c;

    if (!fleet_group_count(p->end->fleet)) {
        return;
    }
    choose_rows(p, &rows);
    c = choose_columns(p, &rows);
    screen_ink(p->screen, INK_DIM);
    fprintf(p->out, "\n  %-*sSEVERITY %-*s  %-*s  %*s", (int)c.id, "ID", (int)c.finding, "FINDING",
            (int)c.peer, "PEER", (int)c.sessions,
            c.sessions == SESSIONS_WIDE ? "SESSIONS" : "SESS.");
    if (c.first) {
        fprintf(p->out, "  %-*s", (int)c.instant, "FIRST");
    }
    if (c.last) {
        fprintf(p->out, "  %-*s", (int)c.instant, "LAST");
    }
    fputs(c.points_to ? "  POINTS TO" : "", p->out);
    screen_plain(p->screen);
    putc('\n', p->out);
    for (size_t i = 0; i < rows.count; i++) {
        put_row(p, &rows.row[i], &c);
    }
    if (rows.left_out) {
        fprintf(p->out, "  and %s more; --html, --xml and --jsonl have them\n",
                words_count(rows.left_out).s);
    }
}
