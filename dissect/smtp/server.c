/* server.c - what the server sends: replies, joined from their lines.
 *
 * A line without three digits ends nothing and answers nothing: it is told as an invalid reply. A
 * reply whose lines carry different codes takes the last one's, as clients do.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

/* Most replies are one line, read within one call: the reader of the last one serves the next, of
 * whichever session. The program has one thread. */
static struct reply_reader *spare;

/* With room for the text behind it. NULL: no memory. */
static struct reply_reader *reader_take(void)
{
    struct reply_reader *r = spare;

    spare = NULL;
    return r ? r : malloc(sizeof *r + LIMIT_REPLY_TEXT);
}

void smtp_server_free(struct smtp_dialogue *d)
{
    if (spare) {
        free(d->reply);
    } else {
        spare = d->reply;
    }
    d->reply = NULL;
}

/* Without its SYN-ACK nobody knows how much the server had said before. */
static bool lacks_beginning(const struct smtp_dialogue *d)
{
    const struct tcp_facts *tcp = &d->s->tcp;

    return tcp->side[SIDE_CLIENT].syn.packet && !tcp->side[SIDE_SERVER].syn.packet;
}

/* A command that 220 answers as well is outstanding, and the server has it. */
static bool asked_for_220(struct smtp_dialogue *d)
{
    for (uint32_t i = 0; i < d->queue_count; i++) {
        const struct pending *p = smtp_outstanding_at(d, i);
        if ((p->verb == VERB_STARTTLS || p->verb == VERB_XCLIENT) && p->end <= d->reply->peer_ack) {
            return true;
        }
    }
    return false;
}

/* The first reply is the greeting, unless the server never sent one: then its code is one that no
 * greeting has, and a command is there for it to answer. Midstream, a 220 that no STARTTLS or
 * XCLIENT asked for is a greeting: the capture began between the handshake and it. */
static bool is_greeting(struct smtp_dialogue *d, uint16_t code)
{
    const struct pending *head = d->queue_count ? smtp_outstanding_at(d, 0) : NULL;

    if (!d->greeted && lacks_beginning(d) && (code != 220 || asked_for_220(d))) {
        return false;
    }
    if (!d->greeted) {
        return code == 220 || code >= 400 || !head || head->end > d->reply->peer_ack;
    }
    if (!d->midstream || d->s->smtp.replies || code != 220 || d->server_gap_end) {
        return false;
    }
    if (asked_for_220(d)) {
        return false;
    }
    d->uncertain = false; /* nothing of the dialogue is missing */
    return true;
}

/* What the reply that begins now answers. */
static void find_question(struct smtp_dialogue *d, uint16_t code)
{
    struct reply_reader *r = d->reply;
    bool in_content = d->client == CLIENT_CONTENT && d->content;

    r->answered = r->unknown = false;
    if (is_greeting(d, code)) {
        d->greeted = true;
        r->answering = (struct pending){.to = REPLY_TO_GREETING};
        r->answered = true;
        return;
    }
    d->greeted = true;
    r->answered = smtp_outstanding_take(d, code, r->peer_ack, &r->answering, &r->unknown);
    if (r->answered || !in_content) {
        return;
    }
    /* A refusal in the middle of the content speaks of that mail. With a gap in the content, a
     * positive reply says that its end was in the gap. */
    if (code >= 400 || (code / 100 == 2 && d->content_facts->missing)) {
        if (code < 400) {
            struct transaction *tx = d->tx;
            /* It was decided already, perhaps by what was not captured of the server, or this is
             * the answer to QUIT: the end was in the gap, and with it what this answers. */
            bool other =
                d->content_facts->reply || code == 221 || d->server_gap_end > d->content->peer_ack;
            smtp_content_end(d, d->content->last, false);
            d->client_lost = true;
            d->lost_bytes = 0;
            smtp_line_gap(&d->cutter[SIDE_CLIENT]);
            r->answered = false;
            if (tx) {
                tx->content_complete = true;
            }
            if (other) {
                r->unknown = true;
                return;
            }
            r->answering = (struct pending){
                .to = REPLY_TO_CONTENT, .tx = tx, .event = tx ? tx->content : NULL};
        } else if (d->content_facts->missing && d->server_gap_end &&
                   d->server_gap_end >= d->content->peer_ack) {
            r->unknown = true; /* the mail may have had its answer, and its end, in the gaps */
            return;
        } else {
            r->answering = (struct pending){
                .to = REPLY_TO_CONTENT, .tx = d->tx, .event = session_kept(d->s, d->content)};
        }
        r->answered = true;
    }
}

/* False: no memory, as if the line had not been captured. */
static bool begin_reply(struct smtp_dialogue *d, const struct smtp_line *line, uint16_t code)
{
    struct reply_reader *r = reader_take();

    if (!r) {
        return false;
    }
    d->auth_seen |= code == 334 || code == 535;
    *r = (struct reply_reader){
        .first = line->first, .offset = line->offset, .peer_ack = line->peer_ack, .code = code};
    d->reply = r;
    find_question(d, code);
    if (r->answered && r->answering.to == REPLY_TO_COMMAND && code == 250 &&
        (r->answering.verb == VERB_EHLO || r->answering.verb == VERB_LHLO)) {
        smtp_answer_hello(d);
    }
    return true;
}

static void add_keyword(struct smtp_dialogue *d, struct bytes text)
{
    struct reply_reader *r = d->reply;
    struct keyword *k;

    text = text_trim(text);
    if (text.len == 0) {
        return;
    }
    if (d->s->smtp.keyword_count >= LIMIT_KEYWORDS) {
        session_limit(d->s, REACHED_KEYWORDS, SIDE_SERVER, d->last[SIDE_SERVER]);
        return;
    }
    k = arena_make(r->hello, struct keyword);
    k->text = arena_text(r->hello, text, LIMIT_TEXT);
    *r->keywords_tail = k;
    r->keywords_tail = &k->next;
    d->s->smtp.keyword_count++;
}

/* The texts of the lines, joined by blanks; an enhanced code is kept from the first line only. */
static void add_text(struct reply_reader *r, struct bytes text)
{
    size_t room;

    r->text = (char *)(r + 1);
    if (r->lines > 1) {
        struct enhanced e = smtp_reply_enhanced(text);
        if (e.class) {
            (void)text_take_word(&text);
        }
        text = text_trim(text);
        if (text.len && r->text_len && r->text_len < LIMIT_REPLY_TEXT) {
            r->text[r->text_len++] = ' ';
        }
    }
    room = LIMIT_REPLY_TEXT - r->text_len;
    if (text.len && room) {
        memcpy(r->text + r->text_len, text.data, text.len < room ? text.len : room);
        r->text_len += text.len < room ? text.len : room;
    }
    if (r->lines == 1) {
        r->first_len = r->text_len;
    }
}

static struct event *add_reply(struct smtp_dialogue *d, uint64_t end, struct mark last,
                               struct bytes only)
{
    struct reply_reader *r = d->reply;
    struct event *e = session_add(d->s, EVENT_REPLY, SIDE_SERVER, r->first);
    struct reply_facts *f = &e->facts->reply;
    struct bytes first = r->text ? (struct bytes){(uint8_t *)r->text, r->first_len} : only;
    bool hide = smtp_reply_hides(d, first), secret;

    e->last = last;
    e->peer_ack = r->peer_ack;
    f->code = r->code;
    f->flags = r->flags;
    f->line_flags = r->line_flags;
    f->lines = r->lines;
    f->longest = r->longest;
    f->enhanced = smtp_reply_enhanced(first);
    if (r->code == 334 && d->credentials) {
        smtp_credentials_challenge(d->credentials, first);
    }
    first = smtp_reply_without_echo(d, &secret, first);
    f->text = hide ? (struct text){"", 0, false} : smtp_reply_keep(d, first, LIMIT_TEXT);
    f->full = f->text;
    if (r->lines > 1 && r->text && !hide && !secret) {
        f->full = smtp_reply_keep(
            d, smtp_reply_without_echo(d, &secret, (struct bytes){(uint8_t *)r->text, r->text_len}),
            LIMIT_REPLY_TEXT);
    }
    e->notable = r->code >= 400 || r->code == 0;
    session_set_bytes(d->s, e, r->offset, end);
    d->s->smtp.replies++;
    return e;
}

static void end_reply(struct smtp_dialogue *d, uint64_t end, struct mark last, struct bytes only)
{
    struct event *e = add_reply(d, end, last, only);
    struct reply_reader *r = d->reply;

    d->s->smtp.spoken |= r->code >= 200 && r->code < 600;
    if (r->answered) {
        smtp_answer_apply(d, &r->answering, e);
    } else {
        e->facts->reply.to = r->unknown ? REPLY_TO_UNKNOWN : REPLY_TO_NOTHING;
        if (r->unknown) {
            smtp_answer_unknown(d, r->code);
        }
    }
    smtp_server_free(d);
}

static void invalid_line(struct smtp_dialogue *d, const struct smtp_line *line)
{
    struct event *e = session_add(d->s, EVENT_REPLY, SIDE_SERVER, line->first);
    struct reply_facts *f = &e->facts->reply;

    e->last = line->last;
    e->peer_ack = line->peer_ack;
    e->notable = true;
    f->flags = REPLY_INVALID;
    f->line_flags = line->flags;
    f->lines = 1;
    f->to = REPLY_TO_NOTHING;
    f->longest = smtp_line_len(line);
    /* Nothing says that this is not an echo of a credential or of content. */
    f->text = f->full = session_text(
        d->s, d->after_data || d->auth_seen ? (struct bytes){line->text.data, 0} : line->text,
        LIMIT_TEXT);
    session_set_bytes(d->s, e, line->offset, line->end);
    d->s->smtp.replies++;
}

/* A server that forgets the last line of its reply ("250-" and nothing behind it): the client went
 * on and sent a command, and this line, with another code, answers that. */
static bool was_taken_as_whole(struct smtp_dialogue *d, const struct smtp_line *line)
{
    const struct pending *head = d->queue_count ? smtp_outstanding_at(d, 0) : NULL;

    return head && head->peer_ack >= d->reply->end && head->end <= line->peer_ack;
}

static void add_line(struct reply_reader *r, const struct smtp_line *line)
{
    uint32_t len = smtp_line_len(line);

    if (r->lines < UINT16_MAX) {
        r->lines++;
    }
    r->line_flags |= line->flags;
    r->end = line->end;
    r->longest = len > r->longest ? len : r->longest;
}

void smtp_server_line(struct smtp_dialogue *d, const struct smtp_line *line)
{
    const struct bytes no_text = {NULL, 0};
    struct smtp_reply_line l = smtp_reply_read(line->text);
    struct reply_reader *r = d->reply;

    if (d->server_lost) {
        if (!smtp_reply_plausible(line->text)) {
            return;
        }
        d->server_lost = false;
    }
    if (!l.valid && !r) {
        invalid_line(d, line);
        return;
    }
    if (r && l.valid && l.code != r->code && was_taken_as_whole(d, line)) {
        r->flags |= REPLY_UNFINISHED;
        end_reply(d, line->offset, d->last[SIDE_SERVER], no_text);
    }
    if (!d->reply && !begin_reply(d, line, l.code)) {
        return;
    }
    r = d->reply;
    add_line(r, line);
    if (!l.valid) {
        r->flags |= REPLY_INVALID; /* a line without code inside a reply */
        l.more = true;
    } else if (l.code != r->code) {
        r->flags |= REPLY_INCONSISTENT;
        r->code = l.code;
    }
    if (r->keywords_tail && r->lines > 1) {
        add_keyword(d, l.text);
    }
    if (l.more || r->lines > 1) {
        add_text(r, l.text);
    }
    if (!l.more) {
        end_reply(d, line->end, line->last, l.text);
    }
}

void smtp_server_last_line(struct smtp_dialogue *d, const struct smtp_line *line)
{
    struct smtp_reply_line l = smtp_reply_read(line->text);

    if (d->reply || d->server_lost || !smtp_reply_plausible(line->text) ||
        !begin_reply(d, line, l.code)) {
        return;
    }
    add_line(d->reply, line);
    add_text(d->reply, l.text);
}

/* The last line never came: the question is still open. */
void smtp_server_flush(struct smtp_dialogue *d, struct mark last)
{
    struct reply_reader *r = d->reply;
    struct event *e;

    if (!r) {
        return;
    }
    r->flags |= REPLY_UNFINISHED;
    d->s->smtp.spoken |= r->code >= 200 && r->code < 600;
    e = add_reply(d, r->end, d->last[SIDE_SERVER].packet ? d->last[SIDE_SERVER] : last,
                  (struct bytes){NULL, 0});
    if (r->answered) {
        e->facts->reply.to = r->answering.to;
        e->facts->reply.answers = r->answering.event;
        e->facts->reply.tx = r->answering.tx;
        smtp_outstanding_put_back(d, &r->answering);
    } else {
        e->facts->reply.to = r->unknown ? REPLY_TO_UNKNOWN : REPLY_TO_NOTHING;
    }
    smtp_server_free(d);
}
