/* ladder_bar.c - where one session's time went: its parts, and the bar that shows them.
 *
 * A part begins with what was said and lasts until the next thing was said: time between a command
 * and its reply counts for the command, time after a reply with nothing outstanding is idle. The
 * axis of the bar is linear; where one part is longer than CUT_RATIO times all the rest, it is
 * drawn torn, half the width, and says its length.
 */
#include "report/ladder.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/steps.h"
#include "report/words.h"

enum { WIDE = 820, BAR_Y = 22, BAR_HEIGHT = 26, CUT_RATIO = 20, CUT_X = 410 };

const char *const part_names[PARTS] = {
    [PART_CONNECT] = "connect",   [PART_GREETING] = "greeting",   [PART_EHLO] = "EHLO",
    [PART_TLS] = "TLS handshake", [PART_AUTH] = "AUTH",           [PART_ENVELOPE] = "envelope",
    [PART_BODY] = "message body", [PART_EOD] = "reply to \".\"",  [PART_HIDDEN] = "inside TLS",
    [PART_IDLE] = "idle",         [PART_QUIT] = "QUIT and close",
};

struct walk {
    struct parts *parts;
    enum part now;
    int64_t time_ns;
    uint32_t outstanding;
};

static enum part part_of_command(const struct command_facts *f)
{
    switch ((enum verb)f->verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
        return PART_EHLO;
    case VERB_STARTTLS:
        return PART_TLS;
    case VERB_AUTH:
        return PART_AUTH;
    case VERB_BDAT:
        return PART_BODY;
    case VERB_QUIT:
        return PART_QUIT;
    default:
        return PART_ENVELOPE;
    }
}

static void part_of_reply(struct walk *w, const struct reply_facts *f)
{
    if (f->to == REPLY_TO_GREETING || f->to == REPLY_TO_NOTHING) {
        w->now = PART_IDLE;
        return;
    }
    w->outstanding -= w->outstanding > 0;
    if (f->code == 354) {
        w->now = PART_BODY;
    } else if (f->code == 334) {
        w->now = PART_AUTH;
    } else if (!w->outstanding && w->now != PART_TLS) {
        w->now = PART_IDLE;
    }
}

/* Which part begins with this event. */
static void next_part(struct walk *w, const struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_SYN:
        w->now = PART_CONNECT;
        break;
    case EVENT_SYNACK:
        w->now = PART_GREETING;
        break;
    case EVENT_REPLY:
        part_of_reply(w, &e->facts->reply);
        break;
    case EVENT_COMMAND:
        w->outstanding++;
        w->now = part_of_command(&e->facts->command);
        break;
    case EVENT_AUTH:
        w->outstanding++;
        w->now = PART_AUTH;
        break;
    case EVENT_CONTENT:
        w->outstanding++;
        w->now = e->facts->content.complete ? PART_EOD : PART_BODY;
        break;
    case EVENT_CHUNK:
        w->now = e->facts->content.last && e->facts->content.complete ? PART_EOD : PART_BODY;
        break;
    case EVENT_TLS:
        w->now = PART_TLS;
        break;
    case EVENT_TLS_RUN:
        w->now = e->facts->run.record_type == 23 ? PART_HIDDEN : PART_TLS;
        break;
    case EVENT_FIN:
    case EVENT_RST:
        w->now = PART_QUIT;
        break;
    case EVENT_REFUSED:
    case EVENT_ICMP:
    case EVENT_GAP:
    case EVENT_RETRANSMIT:
    case EVENT_ZERO_WINDOW:
    case EVENT_CONFLICT:
    case EVENT_LIMIT:
    case EVENT_OPAQUE:
    case EVENT_KINDS:
        break;
    }
}

static void spend(struct walk *w, int64_t until_ns)
{
    if (until_ns > w->time_ns) {
        w->parts->ns[w->now] += until_ns - w->time_ns;
        w->time_ns = until_ns;
    }
}

struct parts session_parts(const struct session *s)
{
    struct parts out = {0};
    struct walk w = {&out, PART_IDLE, s->first.time_ns, 0};
    struct steps_iterator it;
    struct step step;

    steps_begin(&it, s);
    while (steps_next(&it, &step)) {
        if (!step.event) {
            continue;
        }
        spend(&w, step.at.time_ns);
        next_part(&w, step.event);
    }
    spend(&w, s->ended == SESSION_INPUT_ENDED ? s->capture_end_ns : s->last.time_ns);
    for (int i = 0; i < PARTS; i++) {
        out.total_ns += out.ns[i];
        if (out.ns[i] > out.ns[out.longest]) {
            out.longest = (enum part)i;
        }
    }
    return out;
}

/* --- the bar --- */

struct bar {
    FILE *out;
    const struct session *s;
    struct parts parts;
    bool cut;
    double scale;  /* columns for a nanosecond outside the torn part */
    double torn_x; /* where that part begins: the axis ends there */
};

static bool is_failed_part(const struct session *s, enum part part)
{
    static const enum part of_phase[PHASE_COUNT] = {
        [PHASE_CONNECT] = PART_CONNECT,
        [PHASE_GREETING] = PART_GREETING,
        [PHASE_EHLO] = PART_EHLO,
        [PHASE_STARTTLS] = PART_TLS,
        [PHASE_TLS] = PART_HIDDEN,
        [PHASE_AUTH] = PART_AUTH,
        [PHASE_MAIL] = PART_ENVELOPE,
        [PHASE_RCPT] = PART_ENVELOPE,
        [PHASE_DATA_INIT] = PART_ENVELOPE,
        [PHASE_DATA] = PART_BODY,
        [PHASE_EOD] = PART_EOD,
        [PHASE_IDLE] = PART_IDLE,
        [PHASE_QUIT] = PART_QUIT,
    };
    const struct diagnosis *d = diagnosis_of(s);

    return d && d->primary && d->primary->severity >= SEVERITY_WARNING &&
           of_phase[d->primary->phase] == part;
}

static const char *part_class(const struct bar *b, enum part part)
{
    if (is_failed_part(b->s, part) &&
        (b->parts.longest == part || diagnosis_of(b->s)->primary->waited_s > 0)) {
        return "f-stall";
    }
    if (part == PART_IDLE) {
        return "lane";
    }
    return part == PART_BODY || part == PART_HIDDEN || part == PART_EOD ? "p3"
           : part % 2                                                   ? "p2"
                                                                        : "p1";
}

static double part_width(const struct bar *b, enum part part)
{
    if (b->cut && part == b->parts.longest) {
        return WIDE - CUT_X;
    }
    return (double)b->parts.ns[part] * b->scale;
}

static void put_part_name(struct bar *b, enum part part, double x, double width)
{
    char words[96];
    size_t room;
    bool torn = b->cut && part == b->parts.longest;

    words_put(words, sizeof words, "%s  %s",
              torn && part == PART_EOD ? "waiting for the reply to \".\"" : part_names[part],
              words_duration_ns(b->parts.ns[part]).s);
    room = (size_t)(width / 7.6);
    if (strlen(words) > room || part == PART_IDLE) {
        return;
    }
    fprintf(b->out, "<text x=\"%.1f\" y=\"%d\" class=\"in mid%s%s\">", x + width / 2, BAR_Y + 17,
            torn ? " big" : "",
            *part_class(b, part) == 'p' && strcmp(part_class(b, part), "p3") != 0 ? " dark" : "");
    escape_html(b->out, bytes_of_string(words));
    fputs("</text>", b->out);
}

static void put_parts(struct bar *b)
{
    double x = 0;

    for (enum part part = 0; part < PARTS; part++) {
        double width = part_width(b, part);
        if (width <= 0) {
            continue;
        }
        fputs("<g><title>", b->out);
        escape_html(b->out, bytes_of_string(part_names[part]));
        fprintf(b->out,
                ": %s</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>",
                words_duration_ns(b->parts.ns[part]).s, x, BAR_Y, width > 1.5 ? width - 0.8 : width,
                BAR_HEIGHT, part_class(b, part));
        if (b->cut && part == b->parts.longest) {
            b->torn_x = x;
            fprintf(b->out, "<path d=\"M%.1f %dl7 8-9 9 9 9-7 8\" class=\"zigzag\"/>", x + 40,
                    BAR_Y - 4);
        }
        put_part_name(b, part, x, width);
        fputs("</g>", b->out);
        x += width;
    }
}

/* Ticks of the linear stretch, and the whole at the right end. */
static void put_axis(struct bar *b, int64_t linear_ns)
{
    double step = pow(10, floor(log10((double)(linear_ns > 0 ? linear_ns : 1)))), last;
    step = (double)linear_ns / step < 2 ? step / 2 : (double)linear_ns / step > 5 ? step * 2 : step;
    last = (b->cut ? b->torn_x : WIDE) - 70;
    fprintf(b->out, "<text x=\"0\" y=\"66\" class=\"axis\">0</text>");
    for (int i = 1; i < 12 && (double)i * step * b->scale < last; i++) {
        fprintf(b->out, "<text x=\"%.1f\" y=\"66\" class=\"axis mid\">%s</text>",
                (double)i * step * b->scale, words_duration_ns((int64_t)((double)i * step)).s);
    }
    fprintf(b->out, "<text x=\"%d\" y=\"66\" class=\"axis end\">%s</text>", WIDE,
            words_duration_ns(b->parts.total_ns).s);
}

void ladder_phase_bar(FILE *out, const struct settings *settings, const struct session *s,
                      const char *usual)
{
    struct bar b = {out, s, session_parts(s), false, 0, 0};
    int64_t longest = b.parts.ns[b.parts.longest], rest = b.parts.total_ns - longest;
    struct words id = words_session(s->id);

    (void)settings;
    if (b.parts.total_ns <= 0) {
        return;
    }
    b.cut = longest > CUT_RATIO * rest && rest > 0;
    b.scale = b.cut ? CUT_X / (double)rest : WIDE / (double)b.parts.total_ns;
    fprintf(out,
            "<svg class=\"bar\" viewBox=\"0 0 %d 74\" role=\"img\" aria-labelledby=\"%s-b\">"
            "<title id=\"%s-b\">Where the time of session %s went: ",
            WIDE, id.s, id.s, id.s);
    escape_html(out, bytes_of_string(part_names[b.parts.longest]));
    fprintf(out, " %s of %s%s</title>", words_duration_ns(longest).s,
            words_duration_ns(b.parts.total_ns).s, b.cut ? "; drawn torn, not to scale" : "");
    fputs("<text x=\"0\" y=\"14\" class=\"note\">Where the time went</text>", out);
    if (*usual) {
        fprintf(out, "<text x=\"%d\" y=\"14\" class=\"note end\">", WIDE);
        escape_html(out, bytes_of_string(usual));
        fputs("</text>", out);
    }
    put_parts(&b);
    put_axis(&b, b.cut ? rest : b.parts.total_ns);
    fputs("</svg>", out);
}
