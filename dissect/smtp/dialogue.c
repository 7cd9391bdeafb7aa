/* dialogue.c - one SMTP dialogue: steers both sides' bytes to their readers.
 *
 * Every byte of the client belongs to a state (dialogue_state.h, enum client_state); one function
 * reads each state and one place changes it. Nothing in the content of either side ends parsing:
 * what cannot be understood is an event and the next line is read.
 */
#include <stdlib.h>

#include "dissect/smtp/dialogue_state.h"

struct smtp_dialogue *smtp_dialogue_new(struct session *s)
{
    struct smtp_dialogue *d = arena_make(s->arena, struct smtp_dialogue);

    d->s = s;
    d->midstream = d->client_lost = d->server_lost = d->uncertain = d->greeted = s->tcp.midstream;
    return d;
}

void smtp_dialogue_free(struct smtp_dialogue *d)
{
    if (d) {
        smtp_line_free(&d->cutter[SIDE_CLIENT]);
        smtp_line_free(&d->cutter[SIDE_SERVER]);
        free(d->queue);
        smtp_server_free(d);
    }
}

static void tell_outstanding(struct smtp_dialogue *d)
{
    d->s->smtp.outstanding = d->queue_count + d->dropped;
    d->s->smtp.waiting = d->queue_count ? smtp_outstanding_at(d, 0)->event : NULL;
}

bool smtp_dialogue_take_line(struct smtp_dialogue *d, enum side side, struct smtp_feed *feed,
                             struct smtp_line *out)
{
    if (!smtp_line_take(&d->cutter[side], feed, out)) {
        return false;
    }
    if (out->flags & LINE_LONG) {
        session_limit(d->s, REACHED_LINE, side, out->last);
    }
    return true;
}

bool smtp_dialogue_flush_line(struct smtp_dialogue *d, enum side side, struct mark last,
                              struct smtp_line *out)
{
    if (!smtp_line_flush(&d->cutter[side], last, out)) {
        return false;
    }
    if (out->flags & LINE_LONG) {
        session_limit(d->s, REACHED_LINE, side, last);
    }
    return true;
}

enum smtp_feed_answer smtp_dialogue_client(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    enum smtp_feed_answer answer = smtp_client_read(d, feed);

    d->read[SIDE_CLIENT] = feed->offset;
    d->last[SIDE_CLIENT] = feed->chunk->mark;
    tell_outstanding(d);
    return answer;
}

/* How many questions are open whose replies decide what the client's next bytes are. */
static int undecided(const struct smtp_dialogue *d)
{
    return (d->client == CLIENT_WAIT_DATA || d->client == CLIENT_WAIT_AUTH) + d->starttls_open;
}

enum smtp_feed_answer smtp_dialogue_server(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    struct smtp_line_cutter *cutter = &d->cutter[SIDE_SERVER];
    struct smtp_line line;

    d->last[SIDE_SERVER] = feed->chunk->mark;
    while (feed->left.len) {
        if ((d->tls_agreed || d->other_tls[SIDE_SERVER]) && smtp_line_at_start(cutter) &&
            text_is_tls_type(feed->left.data[0])) {
            return SMTP_FEED_TLS;
        }
        if (!smtp_dialogue_take_line(d, SIDE_SERVER, feed, &line)) {
            break;
        }
        int before = undecided(d);
        d->read[SIDE_SERVER] = line.end;
        smtp_server_line(d, &line);
        if (undecided(d) < before) {
            tell_outstanding(d);
            return SMTP_FEED_DECIDED;
        }
    }
    d->read[SIDE_SERVER] = feed->offset;
    tell_outstanding(d);
    return SMTP_FEED_DONE;
}

void smtp_dialogue_enter_tls(struct smtp_dialogue *d)
{
    for (int side = 0; side < SIDES; side++) {
        smtp_line_free(&d->cutter[side]);
        d->cutter[side] = (struct smtp_line_cutter){0};
    }
    d->client = CLIENT_COMMAND;
    d->in_tls = true;
    d->other_tls[SIDE_CLIENT] = d->other_tls[SIDE_SERVER] = false;
    d->tls_agreed = d->starttls_open = d->after_data = d->auth_tried = false;
    d->s->smtp.ehlo = NULL;
}

void smtp_dialogue_expect_tls(struct smtp_dialogue *d, enum side side)
{
    d->other_tls[side] = true;
}

bool smtp_dialogue_in_content(const struct smtp_dialogue *d)
{
    return d->client == CLIENT_CONTENT || d->client == CLIENT_CHUNK;
}

static void gap_in_client(struct smtp_dialogue *d, uint64_t offset, uint64_t missing,
                          struct mark mark)
{
    if (!smtp_dialogue_in_content(d)) {
        smtp_line_gap(&d->cutter[SIDE_CLIENT]);
    }
    switch ((enum client_state)d->client) {
    case CLIENT_CONTENT:
        if (!d->content) { /* its very first bytes are missing */
            smtp_content_begin(d, mark, d->read[SIDE_SERVER], offset);
        }
        smtp_body_gap(d->body, missing, d->content_facts);
        if (d->tx) {
            d->tx->uncertain = true;
        }
        return;
    case CLIENT_CHUNK:
    case CLIENT_CHUNK_DOUBT:
        d->content_facts->missing += missing < d->chunk_left ? missing : d->chunk_left;
        d->content_facts->bytes += missing < d->chunk_left ? missing : d->chunk_left;
        if (missing < d->chunk_left) {
            d->client = CLIENT_CHUNK;
            d->chunk_left -= missing;
            return;
        }
        missing -= d->chunk_left;
        smtp_content_end(d, mark, true);
        if (missing == 0) {
            return;
        }
        smtp_line_gap(&d->cutter[SIDE_CLIENT]);
        break;
    case CLIENT_COMMAND:
    case CLIENT_AUTH:
    case CLIENT_WAIT_DATA:
    case CLIENT_WAIT_AUTH:
    case CLIENT_GUESS_DATA:
    case CLIENT_GUESS_AUTH:
    case CLIENT_PROXY:
        break;
    }
    d->client = CLIENT_COMMAND;
    d->client_lost = true;
    d->uncertain = d->client_gap = true;
    d->server_at_gap = d->read[SIDE_SERVER];
    d->client_gap_end = d->read[SIDE_CLIENT];
    d->lost_bytes = 0;
    if (d->tx) {
        d->tx->uncertain = true;
    }
}

void smtp_dialogue_gap(struct smtp_dialogue *d, enum side side, uint64_t offset, uint64_t missing,
                       struct mark mark)
{
    d->read[side] = offset + missing;
    if (side == SIDE_CLIENT) {
        gap_in_client(d, offset, missing, mark);
        return;
    }
    smtp_line_gap(&d->cutter[SIDE_SERVER]);
    smtp_server_flush(d, mark);
    d->server_lost = true;
    d->greeted = true; /* if it was not seen by now, the greeting was in the gap */
    d->server_gap_end = offset + missing;
    smtp_outstanding_doubt(d);
    tell_outstanding(d);
}

void smtp_dialogue_unblock(struct smtp_dialogue *d)
{
    if (d->client == CLIENT_WAIT_DATA) {
        d->client = CLIENT_GUESS_DATA;
    } else if (d->client == CLIENT_WAIT_AUTH) {
        d->client = CLIENT_GUESS_AUTH;
    }
    if (d->starttls_open) {
        d->tls_agreed = true; /* if a record follows, it was */
        d->starttls_open = false;
    }
}

void smtp_dialogue_end(struct smtp_dialogue *d, struct mark last)
{
    struct smtp_facts *smtp = &d->s->smtp;
    struct smtp_line line;

    if (smtp_dialogue_flush_line(d, SIDE_SERVER, d->last[SIDE_SERVER], &line)) {
        smtp_server_last_line(d, &line);
    }
    smtp_server_flush(d, last);
    smtp_client_flush(d, last);
    smtp_mail_end(d, last);
    tell_outstanding(d);
    if (smtp->auth == AUTH_NONE && smtp->auth_mechanism.len) {
        smtp->auth = AUTH_UNFINISHED;
    }
}

void smtp_dialogue_rest(struct smtp_dialogue *d)
{
    if (d->queue_count == 0 && !d->reply) { /* else what it answers may be put back */
        free(d->queue);
        d->queue = NULL;
        d->queue_size = d->queue_head = 0;
    }
}

size_t smtp_dialogue_size(const struct smtp_dialogue *d)
{
    return d->cutter[0].held_size + d->cutter[1].held_size + d->queue_size * sizeof *d->queue;
}
