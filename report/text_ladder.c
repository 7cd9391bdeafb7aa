/* text_ladder.c - one session as a ladder of text: who said what when, and who was waited for.
 *
 * Columns: time, gap since the row above, the two sides with an arrow between them, reply code,
 * frame, words. On a terminal words are cut at its edge; in a file or pipe they are whole (as far
 * as they were kept). Rows are not to scale.
 */
#include "report/text.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "report/diagnose/rules.h"
#include "report/escape.h"
#include "report/rungs.h"
#include "report/width.h"
#include "report/words.h"
#include "report/words_tls.h"

enum {
    GAP_COLUMN = 10,
    CODE_COLUMN = 4,
    FRAME_MIN = 6,
    SHAFT = 26,
    SHAFT_NARROW = 14,
    NARROW = 90,
    TRANSACTIONS_SHOWN = 12,
    SEVERITY_COLUMN = 10,
    INDENT = 7,
    TLS_COLUMN = 21,
};

struct page {
    const struct screen *screen;
    FILE *out;
    const struct settings *settings;
    const struct session *s;
    const struct rungs *rungs;
    int precision;
    size_t time, frame, shaft; /* widths */
    size_t words;              /* columns left for words; 0: no limit */
};

/* --- heading --- */

static void put_endpoint(const struct page *p, enum side side)
{
    char address[ADDRESS_TEXT_MAX];
    struct text name = words_claimed_name(p->s, side);

    address_format(&p->s->end[side].address, address);
    fprintf(p->out, p->s->end[side].address.family == 6 ? "[%s]:%u" : "%s:%u", address,
            (unsigned)p->s->end[side].port);
    if (name.len) {
        fputs(" (", p->out);
        screen_wire(p->screen, bytes_of_text(name), 60);
        putc(')', p->out);
    }
}

static void put_transaction(const struct page *p, const struct transaction *t)
{
    fprintf(p->out, "       mail %u: %s, ", (unsigned)t->n,
            words_counted(t->recipient_count, "recipient").s);
    if (t->rejected_count) {
        fprintf(p->out, "%s refused, ", words_count(t->rejected_count).s);
    }
    if (t->content_begun) {
        fprintf(p->out, "%s, ", words_counted(t->bytes, "byte").s);
    }
    fputs(tx_outcome_names[t->outcome], p->out);
    if (t->queue_id.len) {
        fputs(" as ", p->out);
        screen_wire(p->screen, bytes_of_text(t->queue_id), 40);
    }
    putc('\n', p->out);
}

static void put_transactions(const struct page *p)
{
    uint32_t n = 0;

    for (const struct transaction *t = p->s->smtp.transactions; t; t = t->next) {
        if (n++ < TRANSACTIONS_SHOWN) {
            put_transaction(p, t);
        }
    }
    if (p->s->smtp.transaction_count > TRANSACTIONS_SHOWN) {
        fprintf(p->out, "       %s in all, %s accepted\n",
                words_counted(p->s->smtp.transaction_count, "mail").s,
                words_count(p->s->smtp.accepted_count).s);
    }
}

static void put_tls(const struct page *p)
{
    struct words_tls_line lines[WORDS_TLS_LINES];
    size_t count = words_tls(p->s, lines);

    for (size_t i = 0; i < count; i++) {
        fprintf(p->out, "       %-*s", TLS_COLUMN - INDENT, lines[i].label);
        screen_paragraph(p->screen, TLS_COLUMN, TLS_COLUMN,
                         (struct bytes){(const uint8_t *)lines[i].text, lines[i].len});
    }
}

static void put_heading(const struct page *p)
{
    const struct diagnosis *d = diagnosis_of(p->s);
    int64_t rtt = p->s->tcp.syn_to_synack_ns + p->s->tcp.synack_to_ack_ns;
    int64_t end_ns = p->s->ended == SESSION_INPUT_ENDED ? p->s->capture_end_ns : p->s->last.time_ns;

    screen_ink(p->screen, INK_COPY);
    fputs(words_session(p->s->id).s, p->out);
    screen_plain(p->screen);
    fputs("  ", p->out);
    put_endpoint(p, SIDE_CLIENT);
    fputs(" -> ", p->out);
    put_endpoint(p, SIDE_SERVER);
    fprintf(p->out, "\n       %s %s, %s", words_date(p->settings, p->s->first.time_ns).s,
            words_zone(p->settings, p->s->first.time_ns).s,
            words_duration_ns(end_ns - p->s->first.time_ns).s);
    if (p->s->tcp.syn_to_synack_ns >= 0 && p->s->tcp.synack_to_ack_ns >= 0) {
        fprintf(p->out, ", RTT %s", words_duration_ns(rtt).s);
    }
    fprintf(p->out, ", outcome %s", outcome_words[d->outcome]);
    if (d->outcome != OUTCOME_COMPLETED) {
        fprintf(p->out, " at %s", phase_words[d->phase]);
    }
    if (d->capture != CAPTURE_FULL) {
        fprintf(p->out, ", capture %s", capture_kind_names[d->capture]);
    }
    putc('\n', p->out);
    put_transactions(p);
    put_tls(p);
}

static void put_finding(const struct page *p, const struct finding *f)
{
    struct words severity = words_upper(severity_words[f->severity]);

    putc('\n', p->out);
    screen_ink(p->screen, f->severity >= SEVERITY_ERROR     ? INK_BAD
                          : f->severity == SEVERITY_WARNING ? INK_WARNING
                                                            : INK_NONE);
    fputs(severity.s, p->out);
    screen_plain(p->screen);
    fprintf(p->out, "%*s", SEVERITY_COLUMN - (int)strlen(severity.s), "");
    screen_paragraph(p->screen, SEVERITY_COLUMN, SEVERITY_COLUMN, bytes_of_text(f->summary));
    screen_ink(p->screen, INK_DIM);
    fprintf(p->out, "%*s%s", SEVERITY_COLUMN, "", f->id);
    if (f->points_to != PARTY_UNKNOWN) {
        fprintf(p->out, ", points to %s", words_party(f->points_to));
    } else if (!rules_is_quality(f->rule)) {
        fputs(", the packets do not say whose it is", p->out);
    }
    fprintf(p->out, ", confidence %s%s", confidence_words[f->confidence],
            f->unproven ? ", unproven" : "");
    for (size_t i = 0; i < f->evidence_count; i++) {
        if (f->frames[i].packet) {
            fprintf(p->out, "%s %s",
                    i                       ? ","
                    : f->evidence_count > 1 ? ", frames"
                                            : ", frame",
                    words_frame(p->settings, f->frames[i]).s);
        }
    }
    screen_plain(p->screen);
    putc('\n', p->out);
}

/* --- rows --- */

static void put_gutter(const struct page *p, const struct rung *r)
{
    if (!r || !r->first.packet) {
        fprintf(p->out, "%*s", (int)(p->time + GAP_COLUMN), "");
        return;
    }
    fputs(words_clock(p->settings, r->first.time_ns, p->precision).s, p->out);
    if (r->gap_ns < 0) {
        fprintf(p->out, "%*s", GAP_COLUMN, "");
        return;
    }
    screen_ink(p->screen, r->gap_ns > 1000000000 ? INK_BAD : INK_DIM);
    fprintf(p->out, "%*s", GAP_COLUMN, words_duration_ns(r->gap_ns).s);
    screen_plain(p->screen);
}

static char shaft_of(const struct rung *r)
{
    switch (r->shape) {
    case RUNG_CONTENT:
        return '#';
    case RUNG_AGAIN:
        return '.';
    case RUNG_RECORDS:
        return '~';
    case RUNG_GAP:
        return '/';
    case RUNG_TCP:
        return '-';
    case RUNG_ARROW:
    case RUNG_LOCK:
    case RUNG_WAIT:
    case RUNG_NOTE:
    case RUNG_SHAPES:
        break;
    }
    return '=';
}

/* "|-----SYN----->|": the label stands in the shaft where it fits there. */
static void put_shaft(const struct page *p, const struct rung *r, const char *label)
{
    size_t len = strlen(label), room = p->shaft - 3;
    char shaft[SHAFT + 1];

    memset(shaft, shaft_of(r), p->shaft);
    shaft[p->shaft] = '\0';
    if (len && len <= room) {
        memcpy(shaft + (p->shaft - len) / 2, label, len);
    }
    if (r->shape != RUNG_GAP) {
        shaft[r->side == SIDE_CLIENT ? p->shaft - 1 : 0] = r->side == SIDE_CLIENT ? '>' : '<';
    }
    screen_ink(p->screen, r->bad ? INK_BAD : INK_NONE);
    fprintf(p->out, "  |%s|", shaft);
    screen_plain(p->screen);
}

/* before NULL: it stands in the shaft already. */
static void put_line(const struct page *p, const struct rung_line *l, const char *before, bool bad)
{
    struct bytes wire = bytes_of_text(l->wire);
    const char *after = before ? l->after : l->after + strspn(l->after, " ,:");
    size_t ours, room;

    before = before ? before : "";
    if (!*before && !wire.len && !*after) {
        putc('\n', p->out);
        return;
    }
    ours = width_of(bytes_of_string(before)) + width_of(bytes_of_string(after));
    room = p->words > ours ? p->words - ours : 1;
    fputs("  ", p->out);
    screen_ink(p->screen, bad ? INK_BAD : INK_NONE);
    screen_wire(p->screen, bytes_of_string(before), p->words);
    if (wire.len) {
        screen_wire(p->screen, wire, p->words ? room : 0);
        if (l->wire.cut) {
            fputs(screen_sign(p->screen, SIGN_ELLIPSIS), p->out);
        }
    }
    screen_wire(p->screen, bytes_of_string(after), p->words);
    screen_plain(p->screen);
    putc('\n', p->out);
}

/* A reply's code has its own column. */
static const char *split_code(const struct rung *r, const struct rung_line *l, char code[8])
{
    code[0] = '\0';
    if (r->is_reply && l->before[0] >= '0' && l->before[0] <= '9') {
        memcpy(code, l->before, 3);
        code[3] = '\0';
        return l->before + 4;
    }
    return l->before;
}

/* What stands in the shaft; the words behind it then need not repeat it. */
static void shaft_label(const struct rung *r, const struct rung_line *l, char label[64])
{
    label[0] = '\0';
    if (r->shape == RUNG_TCP && !l->wire.len) {
        words_put(label, 64, "%s", l->before);
    } else if (r->shape == RUNG_CONTENT) {
        words_put(label, 64, " message ");
    } else if (r->shape == RUNG_AGAIN) {
        words_put(label, 64, "again");
    } else if (r->shape == RUNG_GAP) {
        words_put(label, 64, " %s ", r->side == SIDE_CLIENT ? "from client" : "from server");
    } else if (r->is_command && l->before[0] == '"') {
        words_put(label, 64, ".");
    }
}

static void put_arrow(const struct page *p, const struct rung *r)
{
    size_t shown = r->line_count < RUNG_LINES ? r->line_count : RUNG_LINES;

    for (size_t i = 0; i < shown; i++) {
        const struct rung_line *l = &p->rungs->lines[r->line + i];
        char code[8], label[64];
        const char *before = split_code(r, l, code);

        shaft_label(r, l, label);
        put_gutter(p, i || r->shape == RUNG_GAP ? NULL : r);
        if (i == 0) {
            put_shaft(p, r, label);
        } else {
            fprintf(p->out, "  |%*s|", (int)p->shaft, "");
        }
        fprintf(p->out, " %-*s%*s", CODE_COLUMN - 1, code, (int)p->frame,
                i ? "" : words_frame(p->settings, r->first).s);
        if (r->shape == RUNG_TCP && strlen(label) && strlen(label) <= p->shaft - 3) {
            before = NULL;
        }
        put_line(p, l, before, r->bad);
    }
}

static void put_blank(const struct page *p)
{
    put_gutter(p, NULL);
    fprintf(p->out, "  :%*s:\n", (int)p->shaft, "");
}

static void put_wait(const struct page *p, const struct rung *r)
{
    struct rung_wait_words words = rung_wait_words(p->settings, r->wait);
    bool loud = r->wait->open || (r->wait->limit_s > 0 && r->wait->seconds >= r->wait->limit_s / 2);

    put_blank(p);
    screen_ink(p->screen, loud ? INK_BAD : INK_WARNING);
    fprintf(p->out, "%*s%*s", (int)p->time, loud ? "!!      " : "", GAP_COLUMN,
            words_duration(r->wait->seconds).s);
    if (strlen(words.what) <= p->shaft) {
        fprintf(p->out, "  :%*s%-*s:", (int)(p->shaft - strlen(words.what)) / 2, "",
                (int)(p->shaft - (p->shaft - strlen(words.what)) / 2), words.what);
        fprintf(p->out, " %*s  %s", (int)(CODE_COLUMN - 1 + p->frame), "", words.limit);
    } else {
        fprintf(p->out, "  :%*s: %*s  %s%s%s", (int)p->shaft, "", (int)(CODE_COLUMN - 1 + p->frame),
                "", words.what, words.limit[0] ? "; " : "", words.limit);
    }
    screen_plain(p->screen);
    putc('\n', p->out);
    put_blank(p);
}

static void put_remark(const struct page *p, const struct rung *r)
{
    const struct rung_line *l = &p->rungs->lines[r->line];

    put_gutter(p, r->shape == RUNG_NOTE ? r : NULL);
    fprintf(p->out, "  |%*s| %*s%*s", (int)p->shaft, "", CODE_COLUMN - 1, "", (int)p->frame,
            r->shape == RUNG_NOTE && r->first.packet ? words_frame(p->settings, r->first).s : "");
    put_line(p, l, l->before, r->bad);
}

static void put_rows(const struct page *p)
{
    const char *zone = words_zone(p->settings, p->s->first.time_ns).s;

    screen_ink(p->screen, INK_DIM);
    fprintf(p->out, "\n%*s %s%*s  %-*sserver %*s\n", (int)(p->time - strlen(zone) - 1), "time",
            zone, GAP_COLUMN, "gap", (int)p->shaft - 4, "client", CODE_COLUMN - 1 + (int)p->frame,
            "frame");
    screen_plain(p->screen);
    for (size_t i = 0; i < p->rungs->count; i++) {
        const struct rung *r = &p->rungs->rung[i];
        if (r->shape == RUNG_WAIT) {
            put_wait(p, r);
        } else if (r->shape == RUNG_NOTE || r->shape == RUNG_LOCK) {
            put_remark(p, r);
        } else {
            put_arrow(p, r);
        }
    }
}

bool ladder_text_print(FILE *out, const struct settings *settings, const struct session *s)
{
    struct screen screen = screen_of(out, settings->color);
    struct rungs rungs;
    struct page p = {&screen, out, settings, s, &rungs, words_precision(s), 0, 0, 0, 0};
    size_t taken;

    if (!rungs_of(&rungs, s)) {
        return false;
    }
    p.time = strlen(words_clock(settings, s->first.time_ns, p.precision).s);
    p.frame = strlen(words_frame(settings, s->last).s);
    p.frame = p.frame < FRAME_MIN ? FRAME_MIN : p.frame;
    p.shaft = screen.columns < NARROW ? SHAFT_NARROW : SHAFT;
    taken = p.time + GAP_COLUMN + p.shaft + 4 + CODE_COLUMN + p.frame + 2;
    p.words = !isatty(fileno(out)) ? 0 : screen.columns > taken + 10 ? screen.columns - taken : 10;
    put_heading(&p);
    for (const struct finding *f = diagnosis_of(s)->findings; f; f = f->next) {
        put_finding(&p, f);
    }
    put_rows(&p);
    rungs_free(&rungs);
    return true;
}
