/* html_session.c - one session on the HTML page. */
#include "report/html_session.h"

#include <inttypes.h>
#include <string.h>

#include "report/diagnose/rules.h"
#include "report/escape.h"
#include "report/words.h"
#include "report/words_tls.h"

const struct finding *html_session_lead(const struct session *s)
{
    const struct diagnosis *d = diagnosis_of(s);

    if (d->primary) {
        return d->primary;
    }
    for (const struct finding *f = d->findings; f; f = f->next) {
        if (f->severity >= SEVERITY_WARNING && !rules_is_quality(f->rule)) {
            return f;
        }
    }
    return NULL;
}

static void put_words(FILE *out, const char *words)
{
    escape_html(out, bytes_of_string(words));
}

int64_t html_session_failed_ns(const struct session *s, const struct finding *lead)
{
    return lead->waited_s > 0 ? (int64_t)(lead->waited_s * 1e9)
                              : lead->at.time_ns - s->first.time_ns;
}

void html_sentence(FILE *out, struct bytes summary)
{
    if (!summary.len) {
        return;
    }
    if (summary.data[0] >= 'a' && summary.data[0] <= 'z') {
        putc(summary.data[0] - 'a' + 'A', out);
        summary = (struct bytes){summary.data + 1, summary.len - 1};
    }
    escape_html(out, summary);
    if (!summary.len || summary.data[summary.len - 1] != '.') {
        putc('.', out);
    }
}

/* --- the row --- */

/* The last refusal among the finding's evidence. */
static const struct reply_facts *refusal_of(const struct finding *f)
{
    const struct reply_facts *last = NULL;

    for (size_t i = 0; f && i < f->evidence_count; i++) {
        const struct event *e = f->evidence[i];
        if (e && e->kind == EVENT_REPLY && e->facts->reply.code >= 400) {
            last = &e->facts->reply;
        }
    }
    return last;
}

static void reply_code(const struct reply_facts *r, char *out, size_t size)
{
    words_put(out, size, "%03u", (unsigned)r->code);
    if (r->enhanced.class) {
        words_add(out, size, " %u.%u.%u", (unsigned)r->enhanced.class,
                  (unsigned)r->enhanced.subject, (unsigned)r->enhanced.detail);
    }
}

static bool still_waiting(const struct diagnosis *d)
{
    for (const struct wait *w = d->waits; w; w = w->next) {
        if (w->open) {
            return true;
        }
    }
    return false;
}

static const char *closer(const struct session *s)
{
    const struct tcp_side *c = &s->tcp.side[SIDE_CLIENT], *v = &s->tcp.side[SIDE_SERVER];
    struct mark client = c->fin.packet ? c->fin : c->rst, server = v->fin.packet ? v->fin : v->rst;

    if (!client.packet && !server.packet) {
        return "";
    }
    return !server.packet || (client.packet && client.time_ns <= server.time_ns) ? " by client"
                                                                                 : " by server";
}

/* What the session came to, in two or three words. */
static void outcome_tag(const struct session *s, char *out, size_t size)
{
    const struct diagnosis *d = diagnosis_of(s);
    const struct reply_facts *refusal = refusal_of(html_session_lead(s));

    switch (d->outcome) {
    case OUTCOME_NO_REPLY:
        words_put(out, size, still_waiting(d) ? "still waiting" : "no reply");
        return;
    case OUTCOME_RESET:
        words_put(out, size, "reset%s",
                  !s->tcp.side[SIDE_SERVER].rst.packet   ? " by client"
                  : !s->tcp.side[SIDE_CLIENT].rst.packet ? " by server"
                                                         : "");
        return;
    case OUTCOME_REJECTED:
    case OUTCOME_PARTIAL:
        if (refusal) {
            reply_code(refusal, out, size);
        } else {
            words_put(out, size, "%s", outcome_words[d->outcome]);
        }
        return;
    case OUTCOME_ABORTED:
        words_put(out, size, "closed%s", closer(s));
        return;
    case OUTCOME_REFUSED:
        words_put(out, size, "refused");
        return;
    case OUTCOME_UNREACHABLE:
        words_put(out, size, "no connection");
        return;
    case OUTCOME_TLS_FAILED:
        if (s->tls.alert) {
            words_put(out, size, "alert %u", (unsigned)s->tls.alert->facts->tls.description);
        } else {
            words_put(out, size, "TLS failed");
        }
        return;
    case OUTCOME_NOT_SMTP:
        words_put(out, size, "not SMTP");
        return;
    case OUTCOME_COMPLETED:
    case OUTCOME_ENCRYPTED:
    case OUTCOME_OPEN:
    case OUTCOME_COUNT:
        break;
    }
    words_put(out, size, "%s", outcome_words[d->outcome]);
}

void html_session_row(FILE *out, const struct settings *settings, const struct session *s,
                      enum band band)
{
    const struct finding *lead = html_session_lead(s);
    char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX], tag[64];
    int64_t until_ns;
    const char *where;

    if (lead) {
        until_ns = html_session_failed_ns(s, lead);
        where = words_phase_short(lead->phase);
    } else {
        until_ns = (int64_t)(diagnosis_of(s)->slowest_reply_s * 1e9);
        where = until_ns > 0 ? words_phase_short(diagnosis_of(s)->slowest_phase) : "-";
    }
    address_format(&s->end[SIDE_CLIENT].address, client);
    address_format(&s->end[SIDE_SERVER].address, server);
    outcome_tag(s, tag, sizeof tag);
    fprintf(out, "<td role=\"cell\" class=\"num\">%s</td>",
            words_clock(settings, s->first.time_ns, 3).s);
    fprintf(out, "<td role=\"cell\" class=\"num\">%s <span class=\"dim\">→</span> %s</td>", client,
            server);
    fputs("<td role=\"cell\">", out);
    put_words(out, where);
    fprintf(out, "</td><td role=\"cell\" class=\"num right\">%s</td>",
            until_ns > 0 ? words_duration_ns(until_ns).s : "-");
    fprintf(out, "<td role=\"cell\"><span class=\"tag t-%s\">", chart_band_class[band]);
    put_words(out, tag);
    fputs("</span></td><td role=\"cell\">", out);
    chart_mini(out, s, band);
    fputs("</td>", out);
}

void html_session_title(FILE *out, const struct settings *settings, const struct session *s)
{
    const struct finding *lead = html_session_lead(s);

    fprintf(out, "%s · ", words_session(s->id).s);
    if (lead) {
        put_words(out, lead->rule && lead->rule->title ? lead->rule->title : lead->id);
    } else {
        put_words(out, outcome_words[diagnosis_of(s)->outcome]);
    }
    fprintf(out, " · %s", words_clock(settings, s->first.time_ns, 3).s);
}

/* --- beside the ladder --- */

static void put_connection(FILE *out, const struct settings *settings, const struct session *s)
{
    char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
    int64_t end_ns = s->ended == SESSION_INPUT_ENDED ? s->capture_end_ns : s->last.time_ns;

    address_format(&s->end[SIDE_CLIENT].address, client);
    address_format(&s->end[SIDE_SERVER].address, server);
    fprintf(out, "<dt>Connection</dt><dd>%s:%u → %s:%u<br>%s, %s %s, open %s</dd>", client,
            (unsigned)s->end[SIDE_CLIENT].port, server, (unsigned)s->end[SIDE_SERVER].port,
            words_date(settings, s->first.time_ns).s, words_clock(settings, s->first.time_ns, 3).s,
            words_zone(settings, s->first.time_ns).s,
            words_duration_ns(end_ns - s->first.time_ns).s);
}

static void put_messages(FILE *out, const struct session *s)
{
    uint32_t n = 0;

    if (!s->smtp.transaction_count) {
        return;
    }
    fprintf(out, "<dt>%s</dt><dd>", s->smtp.transaction_count == 1 ? "Message" : "Messages");
    for (const struct transaction *t = s->smtp.transactions; t && n < 5; t = t->next, n++) {
        fputs(n ? "<br>" : "", out);
        if (t->content_begun) {
            fprintf(out, "%s, ", words_counted(t->bytes, "byte").s);
        }
        fprintf(out, "%s, outcome %s", words_counted(t->recipient_count, "recipient").s,
                tx_outcome_names[t->outcome]);
        if (t->queue_id.len) {
            fputs(" as ", out);
            escape_html(out, bytes_of_text(t->queue_id));
        }
    }
    if (s->smtp.transaction_count > n) {
        fprintf(out, "<br>and %s more", words_count(s->smtp.transaction_count - n).s);
    }
    fputs("</dd>", out);
}

/* What TCP shows of one side, told as facts. */
static void put_side_facts(FILE *out, const struct session *s, enum side side)
{
    const struct tcp_side *t = &s->tcp.side[side];
    const char *who = side == SIDE_CLIENT ? "client" : "server";

    if (t->bytes && t->acked >= t->sent) {
        fprintf(out, "Every %s byte is acknowledged. ", who);
    } else if (t->sent > t->acked && t->bytes) {
        fprintf(out, "%s from the %s not acknowledged. ",
                words_counted(t->sent - t->acked, "byte").s, who);
    }
    if (t->retransmits) {
        fprintf(out, "The %s sent %s again. ", who, words_counted(t->retransmits, "segment").s);
    }
    if (t->zero_windows) {
        fprintf(out, "The %s closed its window %s. ", who,
                words_counted(t->zero_windows, "time").s);
    }
    if (t->gap_count) {
        fprintf(out, "%s from the %s not captured. ", words_counted(t->gap_bytes, "byte").s, who);
    }
}

static void put_why(FILE *out, const struct settings *settings, const struct session *s)
{
    const struct finding *lead = html_session_lead(s);

    if (lead) {
        fputs("<dt>What the packets show</dt><dd>", out);
        html_sentence(out, bytes_of_text(lead->summary));
        if (lead->evidence_count) {
            fprintf(out, " <span class=\"dim\">Frame%s", lead->evidence_count > 1 ? "s" : "");
            for (size_t i = 0; i < lead->evidence_count; i++) {
                if (lead->frames[i].packet) {
                    fprintf(out, "%s %s", i ? "," : "", words_frame(settings, lead->frames[i]).s);
                }
            }
            fputs(".</span>", out);
        }
        fprintf(out, "</dd><dt>Points to</dt><dd>");
        put_words(out, words_party(lead->points_to));
        fprintf(out, ", confidence %s%s</dd>", confidence_words[lead->confidence],
                lead->unproven ? "; unproven: packets are missing where the proof would be" : "");
    }
    fputs("<dt>What TCP shows</dt><dd>", out);
    put_side_facts(out, s, SIDE_CLIENT);
    put_side_facts(out, s, SIDE_SERVER);
    if (!s->tcp.side[SIDE_CLIENT].retransmits && !s->tcp.side[SIDE_SERVER].retransmits) {
        fputs("No retransmission.", out);
    }
    fputs("</dd>", out);
}

static void put_tls(FILE *out, const struct session *s)
{
    struct words_tls_line lines[WORDS_TLS_LINES];
    size_t count = words_tls(s, lines);

    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<dt>%s</dt><dd>", lines[i].label);
        escape_html(out, (struct bytes){(const uint8_t *)lines[i].text, lines[i].len});
        fputs("</dd>", out);
    }
}

static void put_files(FILE *out, const struct settings *settings)
{
    for (size_t i = 0; i < settings->file_count; i++) {
        putc(' ', out);
        escape_html(out, bytes_of_string(settings->files[i]));
    }
}

static void put_elsewhere(FILE *out, const struct settings *settings, const struct session *s)
{
    char server[ADDRESS_TEXT_MAX];
    struct words id = words_session(s->id);
    const char *page = settings->html && strcmp(settings->html, "-") != 0 ? settings->html : "";
    const char *slash = strrchr(page, '/');

    address_format(&s->end[SIDE_SERVER].address, server);
    if (settings->file_count) {
        fputs("<dt>Cut this session out</dt><dd><code>wiretale cut", out);
        put_files(out, settings);
        fprintf(out, " -s %s -o %s.pcapng</code></dd>", id.s, id.s);
    }
    fprintf(out,
            "<dt>Open in Wireshark</dt><dd><code>tcp.port==%u &amp;&amp; ip%s.addr==%s</code></dd>",
            (unsigned)s->end[SIDE_CLIENT].port, s->end[SIDE_SERVER].address.family == 6 ? "v6" : "",
            server);
    fputs("<dt>Link to it</dt><dd><code>", out);
    put_words(out, slash ? slash + 1 : page);
    fprintf(out, "#%s</code></dd>", id.s);
}

void html_session_aside(FILE *out, const struct settings *settings, const struct session *s)
{
    put_connection(out, settings, s);
    put_messages(out, s);
    put_tls(out, s);
    put_why(out, settings, s);
    put_elsewhere(out, settings, s);
}
