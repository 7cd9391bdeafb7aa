/* content.c - what the client sends that is no line of a dialogue: the content of a message, and
 * the octets of chunks (BDAT, RFC 3030).
 *
 * Where nobody knows whether it is content that comes (a chunk that was refused before it came, a
 * DATA whose reply was not captured), the next line decides.
 */
#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

enum { DOUBT_BYTES = 1024 };

void smtp_content_begin(struct smtp_dialogue *d, struct mark mark, uint64_t peer_ack,
                        uint64_t offset)
{
    struct event *e = session_add(d->s, EVENT_CONTENT, SIDE_CLIENT, mark);

    e->peer_ack = peer_ack;
    e->facts->content.tx = d->tx;
    d->content = e;
    d->content_facts = &e->facts->content;
    d->content_offset = offset;
    d->content_packet = 0;
    if (!d->body) {
        d->body = arena_make(d->s->arena, struct smtp_body);
    }
    smtp_body_begin(d->body, offset);
    if (d->tx) {
        d->tx->method = METHOD_DATA;
        d->tx->content_begun = true;
        d->tx->content = session_kept(d->s, e);
    }
}

void smtp_content_begin_chunk(struct smtp_dialogue *d, const struct smtp_line *line,
                              const struct smtp_command *c, struct event *command,
                              struct pending *p)
{
    struct event *e = session_add(d->s, EVENT_CHUNK, SIDE_CLIENT, line->last);

    e->peer_ack = line->peer_ack;
    e->facts->content.last = c->chunk_last;
    e->facts->content.tx = d->tx;
    p->event = session_kept(d->s, e);
    p->command = command;
    p->to = REPLY_TO_CHUNK;
    d->content = e;
    d->content_facts = &e->facts->content;
    d->content_offset = line->end;
    d->content_packet = 0;
    d->chunk_left = c->chunk_len;
    d->client = CLIENT_CHUNK;
    if (d->tx) {
        d->tx->method = METHOD_BDAT;
        d->tx->content_begun = true;
        d->tx->content = p->event;
    }
}

static void count_packet(struct smtp_dialogue *d, const struct chunk *chunk)
{
    if (d->content_packet != chunk->mark.packet) {
        if (d->content_packet) {
            pauses_note(&d->content_facts->pauses, d->content->last, chunk->mark,
                        d->s->tcp.side[SIDE_CLIENT].acked >= d->read[SIDE_CLIENT]);
        }
        d->content_packet = chunk->mark.packet;
        d->content_facts->segments++;
        d->content->last = chunk->mark;
    }
}

/* LMTP: a reply for each recipient that was accepted; one is outstanding already. */
static void push_more_replies(struct smtp_dialogue *d, const struct pending *content)
{
    for (uint32_t i = 1; i < content->tx->accepted_count && i < LIMIT_RECIPIENTS; i++) {
        smtp_outstanding_push(d, content);
    }
}

void smtp_content_end(struct smtp_dialogue *d, struct mark mark, bool complete)
{
    struct event *e = d->content;
    bool chunk = e->kind == EVENT_CHUNK;
    struct pending p = {.event = session_kept(d->s, e),
                        .to = REPLY_TO_CONTENT,
                        .tx = d->tx,
                        .end = d->read[SIDE_CLIENT],
                        .peer_ack = e->peer_ack};

    d->content_facts->complete = complete;
    d->content_facts->end = mark;
    e->last = mark;
    session_set_bytes(d->s, e, d->content_offset, d->read[SIDE_CLIENT]);
    bool is_last = d->content_facts->last;

    if (d->tx) {
        d->tx->bytes = chunk ? d->tx->bytes + d->content_facts->bytes : d->content_facts->bytes;
        d->tx->last = mark;
        if (!chunk || d->content_facts->last) {
            d->tx->content_complete = complete;
            d->tx->unframed |= d->unframed;
            d->tx = NULL;
        }
    }
    d->content = NULL;
    d->client = CLIENT_COMMAND;
    d->after_data |= chunk; /* a client that counts wrongly sends more octets than it said */
    if (!chunk && complete) {
        d->unframed = false;
        smtp_outstanding_push(d, &p);
    }
    if (d->lmtp && p.tx && complete && (!chunk || is_last)) {
        push_more_replies(d, &p);
    }
}

void smtp_content_read(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    bool done;
    size_t used;

    if (!d->content) {
        smtp_content_begin(d, feed->chunk->mark, feed->chunk->peer_ack, feed->offset);
    }
    count_packet(d, feed->chunk);
    used = smtp_body_read(d->body, feed->left, d->content_facts, &done);
    feed->left.data += used;
    feed->left.len -= used;
    feed->offset += used;
    d->read[SIDE_CLIENT] = feed->offset;
    if (done) {
        smtp_content_end(d, feed->chunk->mark, true);
    }
}

static void take_octets(struct smtp_dialogue *d, const struct chunk *chunk, uint64_t octets)
{
    if (d->content_facts->segments == 0) {
        d->content->first = chunk->mark;
    }
    count_packet(d, chunk);
    d->content_facts->bytes += octets;
    d->chunk_left -= octets;
}

void smtp_content_read_chunk(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    size_t use = feed->left.len < d->chunk_left ? feed->left.len : (size_t)d->chunk_left;

    take_octets(d, feed->chunk, use);
    feed->left.data += use;
    feed->left.len -= use;
    feed->offset += use;
    d->read[SIDE_CLIENT] = feed->offset;
    if (d->chunk_left == 0) {
        smtp_content_end(d, feed->chunk->mark, true);
    }
}

/* What comes behind the chunk in a line that began with its last octets. */
static void read_rest(struct smtp_dialogue *d, struct smtp_line *line, uint64_t octets)
{
    bool has_cr = octets < line->text.len + 1U; /* else the CR, if any, was an octet */

    line->offset += octets;
    line->len -= octets;
    if (octets >= line->text.len) {
        line->flags |= has_cr ? 0 : LINE_BARE_LF;
        octets = line->text.len;
    }
    line->text.data += octets;
    line->text.len -= octets;
    d->read[SIDE_CLIENT] = line->end;
    smtp_client_line(d, line);
}

/* The chunk was refused before it came: some clients send it all the same (they must), some do not
 * (Suricata's issue 8995 has both). The next line tells: a command, or octets. Of a large chunk
 * DOUBT_BYTES without a line end are enough: no command line is so long. */
void smtp_content_read_doubt(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    struct smtp_line_cutter *cutter = &d->cutter[SIDE_CLIENT];
    bool early = d->chunk_left >= DOUBT_BYTES, whole;
    uint64_t octets, excess = 0;
    struct smtp_command c;
    struct smtp_line line;

    whole = smtp_dialogue_take_line(d, SIDE_CLIENT, feed, &line);
    octets = whole ? line.len : cutter->held_len + cutter->skipped;
    if (!whole) {
        if (!early || octets < DOUBT_BYTES) {
            return;
        }
        cutter->inside = false;
        cutter->held_len = 0;
        cutter->skipped = 0;
    } else if (!early || octets <= DOUBT_BYTES) {
        smtp_command_read(line.text, &c);
        if (smtp_client_finds_place(&c, &line)) {
            d->read[SIDE_CLIENT] = line.offset;
            smtp_content_end(d, line.first, false);
            smtp_client_command(d, &line, &c);
            return;
        }
    }
    if (octets > d->chunk_left) {
        excess = octets - d->chunk_left;
        octets = d->chunk_left;
    }
    if (early) { /* what is too much lies in this packet: less than DOUBT_BYTES was held */
        feed->left.data -= excess;
        feed->left.len += excess;
        feed->offset -= excess;
    }
    d->client = CLIENT_CHUNK;
    take_octets(d, feed->chunk, octets);
    d->read[SIDE_CLIENT] = early ? feed->offset : line.end - excess;
    if (d->chunk_left == 0) {
        smtp_content_end(d, feed->chunk->mark, true);
    }
    if (!early && excess) {
        read_rest(d, &line, octets);
    }
}

/* The reply to DATA will never be seen: content, unless the first line is surely a command. */
void smtp_content_read_guess(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    static const uint8_t ends[] = "\r\n";
    struct smtp_line line;
    bool done;

    if (!smtp_client_take_other(d, feed, &line)) {
        return;
    }
    d->client = CLIENT_CONTENT;
    if (d->tx) {
        d->tx->uncertain = true;
    }
    smtp_content_begin(d, feed->chunk->mark, feed->chunk->peer_ack, line.offset);
    d->content->first = line.first;
    count_packet(d, feed->chunk);
    d->read[SIDE_CLIENT] = line.end;
    (void)smtp_body_read(d->body, line.text, d->content_facts, &done);
    (void)smtp_body_read(d->body,
                         (struct bytes){line.flags & LINE_BARE_LF ? ends + 1 : ends,
                                        line.flags & LINE_BARE_LF ? 1 : 2},
                         d->content_facts, &done);
    if (done) {
        smtp_content_end(d, line.last, true);
    } else {
        d->content_facts->bytes = line.len;
        d->body->offset = line.end;
    }
}
