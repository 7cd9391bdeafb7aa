/* ladder.c - one session as a ladder, as inline SVG.
 *
 * Columns: time, gap since the row above, the client's line, the server's line, frame. Rows are not
 * to scale; a silence is a torn band that names its length, who was waited for and the limit. All
 * coordinates are whole numbers, all text goes through escape_html, nothing needs a style
 * attribute. The pattern of what was not captured (#lost) is defined once for the page
 * (html_page.c).
 */
#include "report/ladder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/html_session.h"
#include "report/html_session.h"
#include "report/rungs.h"
#include "report/width.h"
#include "report/words.h"

enum {
    WIDE = 820,
    CLIENT_X = 236,
    SERVER_X = 746,
    MIDDLE_X = (CLIENT_X + SERVER_X) / 2,
    GAP_X = 220,
    FIRST_Y = 60, /* below the heading */
    ROW = 27,
    LINE = 16, /* heights */
    BAND = 66,
    BAND_MILD = 50,
    LOST = 34,
    SAY_COLUMNS = 64, /* of text on an arrow */
    ENDS = 24,        /* rungs always drawn at both ends of a long session */
};

struct pen {
    FILE *out;
    const struct settings *settings;
    const struct session *s;
    const struct rungs *rungs;
    int precision;
    int y; /* lower edge of what is drawn */
};

static void put_text(struct pen *p, int x, int y, const char *class, struct bytes b)
{
    fprintf(p->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    escape_html(p->out, b);
    fputs("</text>", p->out);
}

static void put_words(struct pen *p, int x, int y, const char *class, const char *words)
{
    put_text(p, x, y, class, bytes_of_string(words));
}

/* One line on an arrow: ours, the wire's, ours; the wire's part gives way when there is no room. */
static void put_line(struct pen *p, int y, const char *class, const struct rung_line *l)
{
    struct bytes wire = bytes_of_text(l->wire);
    size_t ours = width_of(bytes_of_string(l->before)) + width_of(bytes_of_string(l->after));
    size_t room = ours + 8 < SAY_COLUMNS ? SAY_COLUMNS - ours : 8;
    size_t fits = width_fit(wire, room);
    bool cut = fits < wire.len || l->wire.cut;

    if (fits < wire.len) {
        fits = width_fit(wire, room - 1);
    }
    fprintf(p->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", MIDDLE_X, y, class);
    if (cut) {
        fputs("<title>", p->out);
        escape_html(p->out, wire);
        fputs(l->wire.cut ? "…</title>" : "</title>", p->out);
    }
    escape_html(p->out, bytes_of_string(l->before));
    escape_html(p->out, (struct bytes){wire.data, fits});
    if (cut) {
        fputs("…", p->out);
    }
    escape_html(p->out, bytes_of_string(l->after));
    fputs("</text>", p->out);
}

static bool is_long(const struct pen *p, int64_t gap_ns)
{
    int64_t rtt = p->s->tcp.syn_to_synack_ns + p->s->tcp.synack_to_ack_ns;

    return gap_ns > 1000000000 || (gap_ns > 200000000 && rtt > 0 && gap_ns > 10 * rtt);
}

static void put_gutter(struct pen *p, const struct rung *r, int y, bool range)
{
    struct words frame = words_frame(p->settings, r->first);

    if (!r->first.packet) {
        return;
    }
    put_words(p, 0, y + 4, "time", words_clock(p->settings, r->first.time_ns, p->precision).s);
    if (r->gap_ns >= 0) {
        struct words gap = {"+"};
        words_add(gap.s, sizeof gap.s, "%s", words_duration_ns(r->gap_ns).s);
        put_words(p, GAP_X, y + 4, is_long(p, r->gap_ns) ? "delta long end" : "delta end", gap.s);
    }
    if (range && r->last.packet != r->first.packet) {
        words_add(frame.s, sizeof frame.s, "–");
    }
    put_words(p, WIDE, y + 4, "frame end", frame.s);
}

static const char *arrow_class(const struct rung *r)
{
    if (r->bad) {
        return r->shape == RUNG_CONTENT ? "body err" : "err";
    }
    switch (r->shape) {
    case RUNG_TCP:
        return "tcp";
    case RUNG_CONTENT:
        return "body";
    case RUNG_AGAIN:
        return "again";
    case RUNG_RECORDS:
        return "rec";
    case RUNG_ARROW:
        return r->is_reply ? "rep" : r->is_command ? "cmd" : "rec";
    case RUNG_LOCK:
    case RUNG_WAIT:
    case RUNG_GAP:
    case RUNG_NOTE:
    case RUNG_SHAPES:
        break;
    }
    return "tcp";
}

static void put_arrow(struct pen *p, const struct rung *r)
{
    size_t shown = r->line_count < RUNG_LINES ? r->line_count : RUNG_LINES;
    int y = p->y + ROW + LINE * ((int)shown - 1) - 3;

    fprintf(p->out, "<g class=\"%s\">", arrow_class(r));
    put_gutter(p, r, y, r->shape == RUNG_CONTENT || r->shape == RUNG_RECORDS);
    if (r->side == SIDE_CLIENT) {
        fprintf(p->out,
                "<path d=\"M%d %dH%d\" class=\"arm\"/><path d=\"M%d %dl-9 -5v10z\" class=\"tip\"/>",
                CLIENT_X, y, SERVER_X - 6, SERVER_X, y);
    } else {
        fprintf(p->out,
                "<path d=\"M%d %dH%d\" class=\"arm\"/><path d=\"M%d %dl9 -5v10z\" class=\"tip\"/>",
                SERVER_X, y, CLIENT_X + 6, CLIENT_X, y);
    }
    for (size_t i = 0; i < shown; i++) {
        put_line(p, y - 5 - LINE * (int)(shown - 1 - i), "say mid", &p->rungs->lines[r->line + i]);
    }
    fputs("</g>", p->out);
    p->y = y + 3;
}

/* A silence counts as mild while it is far from its limit and no finding speaks of one. */
static bool is_mild(const struct pen *p, const struct wait *w)
{
    const struct diagnosis *d = diagnosis_of(p->s);

    for (const struct finding *f = d ? d->findings : NULL; f; f = f->next) {
        if (f->waited_s > 0 && f->severity >= SEVERITY_WARNING && f->phase == w->phase) {
            return false;
        }
    }
    return !w->open && (w->limit_s <= 0 || w->seconds < w->limit_s / 2);
}

static void put_tear(struct pen *p, int x, int y, int height, bool mild)
{
    int fifth = height / 5;

    fprintf(p->out, "<path d=\"M%d %dv%dl-7 %d 14 %d-14 %d 7 %dv%d\" class=\"tear%s\"/>", x, y,
            fifth / 2, fifth, fifth, fifth, fifth / 2, fifth / 2, mild ? " mild" : "");
}

static void put_silence(struct pen *p, const struct rung *r)
{
    struct rung_wait_words words = rung_wait_words(p->settings, r->wait);
    bool mild = is_mild(p, r->wait);
    int height = mild ? BAND_MILD : BAND, y = p->y + 10;
    const char *tail = mild ? " mild" : "";
    char headline[192] = "", class[32];

    words_put(headline, sizeof headline, "%s – %s", words_duration(r->wait->seconds).s, words.what);
    fprintf(p->out, "<g><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"silence%s\"/>",
            CLIENT_X, y, SERVER_X - CLIENT_X, height, tail);
    put_tear(p, CLIENT_X, y, height, mild);
    put_tear(p, SERVER_X, y, height, mild);
    words_put(class, sizeof class, "gap%s mid", tail);
    put_words(p, MIDDLE_X, y + height / 2 + (words.limit[0] ? -4 : 5), class, headline);
    if (words.limit[0]) {
        put_words(p, MIDDLE_X, y + height / 2 + 16, "why mid", words.limit);
    }
    fputs("</g>", p->out);
    p->y = y + height;
}

static void put_lost(struct pen *p, const struct rung *r)
{
    int y = p->y + 8;

    fprintf(p->out, "<g><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"lost\"/>",
            CLIENT_X, y, SERVER_X - CLIENT_X, LOST);
    put_line(p, y + LOST / 2 + 4, "plate under mid", &p->rungs->lines[r->line]);
    put_words(p, GAP_X, y + LOST / 2 + 4, "delta end",
              r->side == SIDE_CLIENT ? "from client" : "from server");
    fputs("</g>", p->out);
    p->y = y + LOST;
}

static void put_lock(struct pen *p, const struct rung *r)
{
    int y = p->y + ROW - 5, x = CLIENT_X + 14;

    fprintf(p->out,
            "<g><path d=\"M%d %dv-4a4 4 0 0 1 8 0v4\" class=\"padlock\"/>"
            "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"10\" rx=\"2\" class=\"padlock-box\"/>",
            x + 3, y - 5, x, y - 5);
    put_line(p, y + 4, "plate mid", &p->rungs->lines[r->line]);
    fputs("</g>", p->out);
    p->y = y + 6;
}

static void put_note(struct pen *p, const struct rung *r)
{
    int y = p->y + ROW - 7;

    fprintf(p->out, "<g%s>", r->bad ? " class=\"err\"" : "");
    put_gutter(p, r, y, false);
    put_line(p, y + 4, r->bad ? "say mid" : "plate mid", &p->rungs->lines[r->line]);
    fputs("</g>", p->out);
    p->y = y + 7;
}

static void put_skipped(struct pen *p, size_t count)
{
    char words[96];
    int y = p->y + ROW - 7;

    words_put(words, sizeof words, "… %s not drawn …", words_counted(count, "step").s);
    put_words(p, MIDDLE_X, y + 4, "plate mid", words);
    p->y = y + 7;
}

static void put_rung(struct pen *p, const struct rung *r)
{
    switch (r->shape) {
    case RUNG_WAIT:
        put_silence(p, r);
        return;
    case RUNG_GAP:
        put_lost(p, r);
        return;
    case RUNG_LOCK:
        put_lock(p, r);
        return;
    case RUNG_NOTE:
        put_note(p, r);
        return;
    case RUNG_ARROW:
    case RUNG_TCP:
    case RUNG_CONTENT:
    case RUNG_AGAIN:
    case RUNG_RECORDS:
    case RUNG_SHAPES:
        break;
    }
    put_arrow(p, r);
}

/* Which rungs of a long session are drawn: both ends, and what stands around every fault. */
static bool *choose_rungs(const struct rungs *rungs)
{
    bool *drawn = calloc(rungs->count + 1, 1);
    size_t left = LADDER_RUNGS_MAX;

    for (size_t i = 0; drawn && i < rungs->count; i++) {
        if (rungs->count <= LADDER_RUNGS_MAX || i < ENDS || i + ENDS >= rungs->count) {
            drawn[i] = true;
            left -= left > 0;
        }
    }
    for (size_t i = 0; drawn && rungs->count > LADDER_RUNGS_MAX && i < rungs->count; i++) {
        if (!rungs->rung[i].bad && rungs->rung[i].shape != RUNG_WAIT) {
            continue;
        }
        for (size_t j = i < 2 ? 0 : i - 2; j <= i + 1 && j < rungs->count && left; j++) {
            left -= !drawn[j];
            drawn[j] = true;
        }
    }
    return drawn;
}

static void put_side(struct pen *p, enum side side, int x)
{
    struct bytes name = bytes_of_text(words_claimed_name(p->s, side));
    char address[ADDRESS_TEXT_MAX], where[ADDRESS_TEXT_MAX + 16];

    if (!name.len) {
        name = bytes_of_string(side == SIDE_CLIENT ? "client" : "server");
    }
    name.len = width_fit(name, 40);
    put_text(p, x, 16, "who mid", name);
    address_format(&p->s->end[side].address, address);
    words_put(where, sizeof where, p->s->end[side].address.family == 6 ? "[%s]:%u" : "%s:%u",
              address, (unsigned)p->s->end[side].port);
    put_words(p, x, 33, "where mid", where);
}

static void put_heading(struct pen *p)
{
    const struct diagnosis *d = diagnosis_of(p->s);
    struct words id = words_session(p->s->id);

    fprintf(p->out, "<title id=\"%s-t\">Ladder of session %s</title><desc id=\"%s-d\">", id.s, id.s,
            id.s);
    if (d && d->primary) {
        html_sentence(p->out, bytes_of_text(d->primary->summary));
    } else if (d) {
        fprintf(p->out, "Nothing failed; outcome: %s.", outcome_words[d->outcome]);
    }
    fputs("</desc>", p->out);
    put_words(p, 0, 58, "head", words_zone(p->settings, p->s->first.time_ns).s);
    put_words(p, GAP_X, 58, "head end", "gap");
    put_words(p, WIDE, 58, "head end", "frame");
    put_side(p, SIDE_CLIENT, CLIENT_X);
    put_side(p, SIDE_SERVER, SERVER_X);
}

/* Draws into memory first: the height is known at the end. */
static void draw(struct pen *p, FILE *out, const bool *drawn)
{
    struct words id = words_session(p->s->id);
    char *text = NULL;
    size_t len = 0, skipped = 0;

    p->out = open_memstream(&text, &len);
    if (!p->out) {
        return;
    }
    for (size_t i = 0; i < p->rungs->count; i++) {
        if (!drawn[i]) {
            skipped++;
            continue;
        }
        if (skipped) {
            put_skipped(p, skipped);
            skipped = 0;
        }
        put_rung(p, &p->rungs->rung[i]);
    }
    fclose(p->out);
    p->out = out;
    fprintf(
        out,
        "<svg class=\"ladder\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\">",
        WIDE, p->y + 14, id.s, id.s);
    put_heading(p);
    fprintf(out, "<path d=\"M%d 42V%dM%d 42V%d\" class=\"life\"/>", CLIENT_X, p->y + 10, SERVER_X,
            p->y + 10);
    if (text) {
        fwrite(text, 1, len, out);
    }
    fputs("</svg>", out);
    free(text);
}

void ladder_svg(FILE *out, const struct settings *settings, const struct session *s)
{
    struct rungs rungs;
    struct pen p = {.settings = settings, .s = s, .rungs = &rungs, .y = FIRST_Y};
    bool *drawn;

    if (!rungs_of(&rungs, s)) {
        return;
    }
    drawn = choose_rungs(&rungs);
    if (drawn) {
        p.precision = words_precision(s);
        draw(&p, out, drawn);
    }
    free(drawn);
    rungs_free(&rungs);
}
