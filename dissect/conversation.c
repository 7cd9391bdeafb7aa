/* conversation.c - one connection: who reads the next byte, SMTP or TLS; the STARTTLS hand-over.
 *
 * Each side has its reader, chosen by its own first byte: a client that speaks TLS to a server that
 * speaks SMTP is a thing that happens. TLS takes a side over at the byte behind the 220 to
 * STARTTLS, and only if a TLS record begins there.
 *
 * With a key log TLS hands back what was said inside: it goes to the same dialogue.
 *
 * While the dialogue cannot say what the client's bytes mean (a reply is outstanding that decides),
 * they are kept here, at most LIMIT_KEPT_BYTES of at most LIMIT_KEPT_PACKETS packets.
 */
#include "dissect/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/opening.h"
#include "dissect/smtp/dialogue.h"
#include "dissect/text.h"
#include "dissect/tls/record.h"

enum { PORT_SUBMISSIONS = 465 };

/* A ClientHello of less than 256 octets in the form of SSL 2 (RFC 5246 appendix E.2). */
enum { SSL2_HELLO = 0x80 };

enum reader { READER_UNDECIDED, READER_SMTP, READER_TLS, READER_OPAQUE };

struct kept {
    struct kept *next;
    struct chunk chunk; /* data points behind this struct */
};

struct conversation {
    struct session *s;
    struct smtp_dialogue *dialogue;
    struct tls_reader *tls;
    enum reader reader[SIDES];
    bool inside;      /* TLS was opened: the dialogue gets what was said in it */
    bool lost[SIDES]; /* the next byte is the first one, midstream or behind a gap */
    struct event *opaque[SIDES];
    struct session_watcher watcher;
    struct kept *kept, **kept_tail; /* of the client */
    size_t kept_bytes, kept_packets;
    uint64_t kept_packet; /* the last one */
    bool opening_done;    /* nothing more of it is kept */
};

/* The events of this chapter are about to go. */
static void forget(void *conversation, uint32_t chapter)
{
    struct conversation *c = conversation;

    for (int side = 0; side < SIDES; side++) {
        if (c->opaque[side] && c->opaque[side]->chapter == chapter) {
            c->opaque[side] = NULL;
        }
    }
    if (c->tls) {
        tls_record_forget(c->tls, chapter);
    }
}

struct conversation *conversation_new(struct session *s)
{
    struct conversation *c = arena_make(s->arena, struct conversation);

    c->s = s;
    c->kept_tail = &c->kept;
    c->watcher = (struct session_watcher){.forget = forget, .ctx = c};
    session_watch(s, &c->watcher);
    c->lost[SIDE_CLIENT] = c->lost[SIDE_SERVER] = s->tcp.midstream;
    return c;
}

static void drop_kept(struct conversation *c)
{
    while (c->kept) {
        struct kept *next = c->kept->next;
        free(c->kept);
        c->kept = next;
    }
    c->kept_tail = &c->kept;
    c->kept_packets = 0;
    c->kept_packet = 0;
    c->kept_bytes = 0;
}

void conversation_free(struct conversation *c)
{
    if (c) {
        drop_kept(c);
        smtp_dialogue_free(c->dialogue);
        tls_record_free(c->tls);
    }
}

static struct smtp_dialogue *dialogue_of(struct conversation *c)
{
    if (!c->dialogue) {
        c->dialogue = smtp_dialogue_new(c->s);
    }
    return c->dialogue;
}

static void read_inside(void *conversation, const struct chunk *chunk);
static void enter_tls(struct conversation *c);

static bool need_tls(struct conversation *c)
{
    if (!c->tls && (c->tls = tls_record_new(c->s))) {
        tls_record_open(c->tls, read_inside, c);
    }
    return c->tls;
}

/* Whether this session counts as encrypted is settled when a record was really read. */
static void note_tls(struct conversation *c)
{
    struct smtp_facts *smtp = &c->s->smtp;
    const struct tls_facts *tls = &c->s->tls;

    if (smtp->tls != TLS_NONE ||
        !(tls->seen[SIDE_SERVER] ||
          (tls->seen[SIDE_CLIENT] && c->reader[SIDE_SERVER] != READER_SMTP) || smtp->starttls)) {
        return;
    }
    if (!tls->seen[SIDE_CLIENT] && !tls->seen[SIDE_SERVER]) {
        return;
    }
    smtp->tls = smtp->starttls || smtp->spoken ||
                        (c->s->tcp.midstream && c->s->end[SIDE_SERVER].port != PORT_SUBMISSIONS)
                    ? TLS_STARTTLS
                    : TLS_IMPLICIT;
}

static enum reader choose(const struct conversation *c, const struct chunk *chunk)
{
    uint8_t first = chunk->data.data[0];
    bool text = (first >= 0x20 && first < 0x7f) || first == '\r' || first == '\n';

    if (text_is_tls_type(first) || (first == SSL2_HELLO && chunk->side == SIDE_CLIENT)) {
        return READER_TLS;
    }
    if (text || c->s->end[SIDE_SERVER].port != PORT_SUBMISSIONS) {
        return READER_SMTP;
    }
    return c->lost[chunk->side] ? READER_TLS : READER_OPAQUE;
}

static void read_opaque(struct conversation *c, const struct chunk *chunk)
{
    struct event **e = &c->opaque[chunk->side];

    if (!*e) {
        *e = session_add(c->s, EVENT_OPAQUE, chunk->side, chunk->mark);
        (*e)->offset = chunk->offset;
        (*e)->peer_ack = chunk->peer_ack;
    }
    (*e)->facts->opaque_bytes += chunk->data.len;
    (*e)->end = chunk->offset + chunk->data.len;
    (*e)->last = chunk->mark;
}

static void read_tls(struct conversation *c, const struct chunk *chunk, struct bytes data,
                     uint64_t offset)
{
    if (need_tls(c)) {
        tls_record_read(c->tls, chunk->side, chunk, data, offset);
        note_tls(c);
        if (!c->inside && c->s->tls.opened && c->s->tls.established) {
            enter_tls(c);
        }
    }
}

static void keep(struct conversation *c, const struct chunk *chunk, struct bytes left,
                 uint64_t offset)
{
    struct kept *k = malloc(sizeof *k + left.len);

    if (!k) {
        return; /* the bytes are lost; the next command line finds the place */
    }
    k->next = NULL;
    k->chunk = *chunk;
    k->chunk.offset = offset;
    k->chunk.data = (struct bytes){(uint8_t *)(k + 1), left.len};
    if (left.len) {
        memcpy(k + 1, left.data, left.len);
    }
    *c->kept_tail = k;
    c->kept_tail = &k->next;
    c->kept_bytes += left.len;
    c->kept_packets += chunk->mark.packet != c->kept_packet;
    c->kept_packet = chunk->mark.packet;
}

static void retry(struct conversation *c);

/* SMTP bytes of one side. False: blocked, and *feed holds what is left. */
static bool read_smtp(struct conversation *c, const struct chunk *chunk, struct smtp_feed *feed)
{
    struct smtp_dialogue *dialogue = dialogue_of(c);
    enum smtp_feed_answer answer;

    if (chunk->side == SIDE_CLIENT) {
        answer = smtp_dialogue_client(dialogue, feed);
    } else {
        while ((answer = smtp_dialogue_server(dialogue, feed)) == SMTP_FEED_DECIDED) {
            retry(c); /* of the client only: this function is not entered again for the server */
        }
    }
    if (answer == SMTP_FEED_TLS && c->inside) {
        read_opaque(c, chunk); /* TLS inside TLS: nobody speaks so */
    } else if (answer == SMTP_FEED_TLS) {
        c->reader[chunk->side] = READER_TLS;
        read_tls(c, chunk, feed->left, feed->offset);
    }
    return answer != SMTP_FEED_BLOCKED;
}

static void read_gap(struct conversation *c, const struct chunk *chunk)
{
    c->lost[chunk->side] = true;
    if (c->reader[chunk->side] == READER_TLS && need_tls(c)) {
        tls_record_gap(c->tls, chunk->side, chunk->offset, chunk->missing, chunk->mark);
    } else if (c->reader[chunk->side] != READER_OPAQUE) {
        smtp_dialogue_gap(dialogue_of(c), chunk->side, chunk->offset, chunk->missing, chunk->mark);
    }
}

/* What was said inside TLS; as read_chunk. */
static bool read_text(struct conversation *c, const struct chunk *chunk, struct smtp_feed *feed)
{
    *feed = (struct smtp_feed){chunk, chunk->data, chunk->offset};
    if (chunk->kind != CHUNK_GAP) {
        return read_smtp(c, chunk, feed);
    }
    smtp_dialogue_gap(dialogue_of(c), chunk->side, chunk->offset, chunk->missing, chunk->mark);
    return true;
}

/* A chunk in its place. False: the client's side is blocked; *feed holds what is left. */
static bool read_chunk(struct conversation *c, const struct chunk *chunk, struct smtp_feed *feed)
{
    enum reader *reader = &c->reader[chunk->side];

    *feed = (struct smtp_feed){chunk, chunk->data, chunk->offset};
    if (chunk->kind == CHUNK_GAP) {
        read_gap(c, chunk);
        return true;
    }
    if (*reader == READER_UNDECIDED) {
        *reader = choose(c, chunk);
    } else if (*reader == READER_SMTP && c->lost[chunk->side] &&
               text_is_tls_type(chunk->data.data[0]) &&
               !(c->dialogue && smtp_dialogue_in_content(c->dialogue))) {
        *reader = READER_TLS;
    }
    c->lost[chunk->side] = false;
    if (*reader == READER_SMTP && c->reader[side_other(chunk->side)] == READER_TLS) {
        smtp_dialogue_expect_tls(dialogue_of(c), chunk->side);
    }
    switch (*reader) {
    case READER_UNDECIDED:
    case READER_SMTP:
        return read_smtp(c, chunk, feed);
    case READER_TLS:
        read_tls(c, chunk, chunk->data, chunk->offset);
        return true;
    case READER_OPAQUE:
        read_opaque(c, chunk);
        return true;
    }
    return true;
}

/* Offers what is kept again, until it is used up or blocked. */
static void retry(struct conversation *c)
{
    struct smtp_feed feed;

    while (c->kept) {
        struct kept *k = c->kept;
        if (!(c->inside ? read_text : read_chunk)(c, &k->chunk, &feed)) {
            c->kept_bytes -= k->chunk.data.len - feed.left.len;
            k->chunk.data = feed.left;
            k->chunk.offset = feed.offset;
            return;
        }
        c->kept = k->next;
        c->kept_bytes -= k->chunk.data.len;
        free(k);
    }
    c->kept_tail = &c->kept;
    c->kept_packets = 0;
    c->kept_packet = 0;
}

static void add_gap_event(struct conversation *c, const struct chunk *chunk)
{
    struct event *e = session_add(c->s, EVENT_GAP, chunk->side, chunk->mark);

    c->s->tcp.side[chunk->side].gap_bytes += chunk->missing;
    c->s->tcp.side[chunk->side].gap_count++;
    e->facts->gap = (struct gap_facts){chunk->missing, chunk->acked, chunk->snapped};
    e->peer_ack = chunk->peer_ack;
    session_set_bytes(c->s, e, chunk->offset, chunk->offset + chunk->missing);
}

static void note_first(struct conversation *c, const struct chunk *chunk)
{
    struct mark *first =
        chunk->side == SIDE_CLIENT ? &c->s->smtp.first_client : &c->s->smtp.first_server;

    if (!first->packet) {
        *first = chunk->mark;
    }
}

/* The client's side of a dialogue, which may have to wait. */
static void read_waiting(struct conversation *c, const struct chunk *chunk,
                         bool (*read)(struct conversation *, const struct chunk *,
                                      struct smtp_feed *))
{
    struct smtp_feed feed;

    if (chunk->side == SIDE_CLIENT && c->kept) {
        keep(c, chunk, chunk->data, chunk->offset);
        /* The new chunk may show that the reply was in a gap. */
        retry(c);
    } else if (!read(c, chunk, &feed)) {
        keep(c, chunk, feed.left, feed.offset);
    } else if (chunk->side == SIDE_SERVER && c->kept) {
        retry(c);
    }
    while (c->kept_bytes > LIMIT_KEPT_BYTES || c->kept_packets > LIMIT_KEPT_PACKETS) {
        session_limit(c->s,
                      c->kept_bytes > LIMIT_KEPT_BYTES ? REACHED_KEPT_BYTES : REACHED_KEPT_PACKETS,
                      SIDE_CLIENT, chunk->mark);
        smtp_dialogue_unblock(c->dialogue);
        retry(c);
    }
}

/* No reply will come any more. */
static void read_kept(struct conversation *c)
{
    while (c->kept) {
        smtp_dialogue_unblock(c->dialogue);
        retry(c);
    }
}

/* The first text of either side: what came in clear is over. */
static void enter_tls(struct conversation *c)
{
    struct smtp_facts *smtp = &c->s->smtp;

    read_kept(c);
    c->inside = true;
    if (smtp->tls == TLS_IMPLICIT) {
        smtp->first_client = smtp->first_server = (struct mark){0};
    }
    smtp_dialogue_enter_tls(dialogue_of(c));
}

/* A chunk_sink: what was said inside TLS, or that it is missing. */
static void read_inside(void *conversation, const struct chunk *chunk)
{
    struct conversation *c = conversation;

    note_tls(c);
    if (!c->inside) {
        enter_tls(c);
    }
    if (chunk->kind == CHUNK_DATA) {
        note_first(c, chunk);
    }
    read_waiting(c, chunk, read_text);
}

static void drop_opening(struct conversation *c)
{
    opening_free(c->s->opening);
    c->s->opening = NULL;
    c->opening_done = true;
}

/* The first bytes are kept while they may still be of use. Called when the chunk was read: whether
 * TLS begins is the reader's to say, for a chunk may begin with any octet of a line. */
static void keep_opening(struct conversation *c, const struct chunk *chunk)
{
    struct session *s = c->s;

    bool all = s->keep_opening || !s->mail_port;

    if (!all && c->reader[chunk->side] == READER_TLS) {
        drop_opening(c);
        return;
    }
    if (!s->opening && !(s->opening = opening_new())) {
        c->opening_done = true;
        return;
    }
    if (opening_add(s->opening, chunk->side, chunk->data) && !all && opening_is_plain(s->opening)) {
        drop_opening(c);
    }
}

void conversation_chunk(void *conversation, const struct chunk *chunk)
{
    struct conversation *c = conversation;
    struct smtp_feed feed;

    if (chunk->kind == CHUNK_END || (chunk->kind == CHUNK_DATA && chunk->data.len == 0)) {
        return;
    }
    if (chunk->kind == CHUNK_GAP) {
        add_gap_event(c, chunk);
    } else if (!c->inside) {
        note_first(c, chunk);
    }
    if (c->inside) {
        (void)read_chunk(c, chunk, &feed); /* records; what is inside them may wait */
    } else {
        read_waiting(c, chunk, read_chunk);
    }
    if (chunk->kind == CHUNK_DATA && !c->opening_done) {
        keep_opening(c, chunk);
    }
}

/* Bytes were exchanged, from the first one on, and what was said is neither SMTP nor TLS. */
static bool is_other(const struct session *s)
{
    if (session_is_opened(s) && s->tls.app_records[SIDE_CLIENT] &&
        s->tls.app_records[SIDE_SERVER]) {
        return (!s->smtp.spoken || (s->smtp.foreign && !s->smtp.hello_sent)) &&
               !s->tcp.side[SIDE_CLIENT].gap_count && !s->tcp.side[SIDE_SERVER].gap_count;
    }
    if (s->tcp.midstream || s->tls.hello[SIDE_CLIENT] || s->tls.hello[SIDE_SERVER] ||
        (!s->smtp.first_client.packet && !s->smtp.first_server.packet)) {
        return false;
    }
    return !s->smtp.spoken ||
           (s->opening && !s->smtp.hello_sent && !s->smtp.transaction_count &&
            !s->tcp.side[SIDE_SERVER].gap_count && opening_serves_other(s->opening));
}

void conversation_end(struct conversation *c)
{
    struct session *s = c->s;

    read_kept(c);
    if (c->tls) {
        tls_record_end(c->tls);
    }
    read_kept(c); /* what the end of TLS gave back */
    if (c->dialogue) {
        smtp_dialogue_end(c->dialogue, s->last);
    }
    s->not_smtp = is_other(s);
}

void conversation_rest(struct conversation *c)
{
    if (c->dialogue) {
        smtp_dialogue_rest(c->dialogue);
    }
}

size_t conversation_size(const struct conversation *c)
{
    return c->kept_bytes + (c->dialogue ? smtp_dialogue_size(c->dialogue) : 0) +
           (c->tls ? tls_record_size(c->tls) : 0);
}
