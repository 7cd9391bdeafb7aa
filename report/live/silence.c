/* silence.c - what an open session waits for, and since when.
 *
 * Only what can be seen without judging: the oldest command without a reply, a greeting or a
 * handshake that does not come. Who is to blame for the silence is said by diagnose when the
 * session is over; while it lasts, its length and its limit are what matters.
 */
#include "report/live/silence.h"

static const struct {
    enum verb verb;
    enum phase phase;
    const char *what;
} replies[] = {
    {VERB_EHLO, PHASE_EHLO, "reply to EHLO"}, {VERB_HELO, PHASE_EHLO, "reply to HELO"},
    {VERB_LHLO, PHASE_EHLO, "reply to LHLO"}, {VERB_STARTTLS, PHASE_STARTTLS, "reply to STARTTLS"},
    {VERB_AUTH, PHASE_AUTH, "reply to AUTH"}, {VERB_MAIL, PHASE_MAIL, "reply to MAIL"},
    {VERB_RCPT, PHASE_RCPT, "reply to RCPT"}, {VERB_DATA, PHASE_DATA_INIT, "reply to DATA"},
    {VERB_BDAT, PHASE_EOD, "reply to BDAT"},  {VERB_QUIT, PHASE_QUIT, "reply to QUIT"},
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The handshake, on ports where mail is expected. */
static bool connect_silence(const struct session *s, struct silence *out)
{
    if (!s->mail_port || s->tcp.side[SIDE_CLIENT].syn.packet == 0 ||
        s->tcp.handshake != HANDSHAKE_UNANSWERED) {
        return false;
    }
    *out =
        (struct silence){s->tcp.side[SIDE_CLIENT].syn.time_ns, PHASE_CONNECT, 0, "answer to SYN"};
    return true;
}

static bool greeting_silence(const struct session *s, struct silence *out)
{
    const struct tcp_side *server = &s->tcp.side[SIDE_SERVER];
    if (s->smtp.greeting || s->tcp.midstream || s->tcp.established.packet == 0 ||
        server->bytes > 0 || s->tcp.side[SIDE_CLIENT].bytes > 0) {
        return false;
    }
    *out = (struct silence){s->tcp.established.time_ns, PHASE_GREETING, 0, "greeting"};
    return true;
}

static bool reply_silence(const struct session *s, struct silence *out)
{
    const struct event *e = s->smtp.waiting;
    if (!e || s->smtp.outstanding == 0) {
        return false;
    }
    *out = (struct silence){e->last.time_ns, PHASE_IDLE, 0, "reply"};
    if (e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) {
        if (!e->facts->content.complete) {
            return false; /* the client's turn */
        }
        out->phase = PHASE_EOD;
        out->what = e->kind == EVENT_CONTENT ? "reply to end of data" : "reply to BDAT";
    } else if (e->kind == EVENT_AUTH) {
        out->phase = PHASE_AUTH;
        out->what = "reply to AUTH";
    }
    for (size_t i = 0; e->kind == EVENT_COMMAND && i < sizeof(replies) / sizeof(replies[0]); i++) {
        if (e->facts->command.verb == replies[i].verb) {
            out->phase = replies[i].phase;
            out->what = replies[i].what;
        }
    }
    /* In a pipelined group the wait for one reply begins with the reply before it. */
    out->since_ns = later(out->since_ns, s->tcp.side[SIDE_SERVER].last_data.time_ns);
    return true;
}

bool silence_of(const struct settings *settings, const struct session *s, struct silence *out)
{
    bool ended = s->tcp.side[SIDE_CLIENT].fin.packet || s->tcp.side[SIDE_SERVER].fin.packet ||
                 s->tcp.side[SIDE_CLIENT].rst.packet || s->tcp.side[SIDE_SERVER].rst.packet;
    if (ended || s->not_smtp || s->tcp.side[SIDE_CLIENT].gap_count > 0 ||
        s->tcp.side[SIDE_SERVER].gap_count > 0) {
        return false;
    }
    if (!connect_silence(s, out) && !greeting_silence(s, out) && !reply_silence(s, out)) {
        return false;
    }
    out->limit_s = out->phase == PHASE_IDLE ? 0 : settings->client_limit[out->phase].seconds;
    return true;
}
