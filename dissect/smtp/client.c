/* client.c - what the client sends: commands and AUTH lines. Content and chunks are read by
 * content.c; what of a line is kept as text stands in kept.c.
 */
#include <string.h>

#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"
#include "dissect/smtp/login.h"

/* The part of a kept text that the word is; text is what it was copied from. */
static struct text word_in(struct text kept, struct bytes text, struct bytes word)
{
    size_t at = text.len && word.len ? (size_t)(word.data - text.data) : 0;
    size_t len = at < kept.len ? kept.len - at : 0;

    return (struct text){at < kept.len ? kept.s + at : kept.s,
                         (uint32_t)(word.len < len ? word.len : len), false};
}

static struct event *add_command(struct smtp_dialogue *d, const struct smtp_line *line,
                                 const struct smtp_command *c)
{
    struct event *e = session_add(d->s, EVENT_COMMAND, SIDE_CLIENT, line->first);
    struct command_facts *f = &e->facts->command;
    struct bytes text = smtp_kept_text(d, c, line->text);

    e->last = line->last;
    e->peer_ack = line->peer_ack;
    f->verb = (uint8_t)c->verb;
    f->line_flags = line->flags;
    f->line_len = smtp_line_len(line);
    f->tls = d->in_tls;
    f->known_group = d->line_packet == line->first.packet;
    f->text = session_text(d->s, text, LIMIT_TEXT);
    f->text.cut |= text.len < line->text.len;
    f->word = word_in(f->text, text, c->word);
    session_set_bytes(d->s, e, line->offset, line->end);
    d->line_packet = line->last.packet;
    d->s->smtp.commands++;
    if (c->verb != VERB_UNKNOWN && (c->well_formed || !d->midstream)) {
        d->s->smtp.spoken = true;
    }
    return e;
}

static void set_helo(struct smtp_dialogue *d, const struct smtp_command *c)
{
    struct smtp_facts *smtp = &d->s->smtp;

    smtp->hello_sent = true;
    /* Otherwise the accepted one stands until this one is accepted. */
    if (!smtp->ehlo && !(d->reply && d->reply->hello)) {
        struct arena *arena = session_hello_arena(d->s);
        smtp->helo = arena_text(arena, c->arguments, LIMIT_TEXT);
    }
}

static void set_mechanism(struct smtp_dialogue *d, const struct smtp_command *c)
{
    struct smtp_facts *smtp = &d->s->smtp;
    char *buffer;

    if (!smtp->auth_mechanism.s) {
        smtp->auth_mechanism.s = arena_alloc(d->s->arena, 24);
    }
    memcpy(&buffer, &smtp->auth_mechanism.s, sizeof buffer); /* our own, writable */
    smtp->auth_mechanism.len = smtp_kept_mechanism(d, c) ? (uint32_t)c->mechanism.len : 0;
    for (uint32_t i = 0; i < smtp->auth_mechanism.len; i++) {
        buffer[i] = (char)text_upper(c->mechanism.data[i]);
    }
    smtp->auth = AUTH_UNFINISHED;
    smtp->auth_in_clear |= !d->in_tls;
}

/* The states that follow a command, and what it sets at once. */
static void after_command(struct smtp_dialogue *d, const struct smtp_line *line,
                          const struct smtp_command *c, struct event *e, struct pending *p)
{
    switch (c->verb) {
    case VERB_EHLO:
    case VERB_HELO:
    case VERB_LHLO:
        set_helo(d, c);
        break;
    case VERB_DATA:
        d->client = CLIENT_WAIT_DATA;
        break;
    case VERB_BDAT:
        e->facts->command.chunk_len = c->chunk_len;
        e->facts->command.chunk_last = c->chunk_last;
        e->facts->command.chunk_bad = c->chunk_bad;
        if (!c->chunk_bad) {
            smtp_content_begin_chunk(d, line, c, session_kept(d->s, e), p);
        } else {
            d->after_data = true; /* its octets may come as lines */
        }
        break;
    case VERB_AUTH:
        e->facts->command.auth_initial = d->auth_opened = c->response.len > 0;
        e->facts->command.auth_user =
            c->well_formed ? smtp_login_user(c->mechanism, c->response) : 0;
        set_mechanism(d, c);
        d->auth_tried = d->auth_seen = true;
        d->client = CLIENT_WAIT_AUTH;
        break;
    case VERB_STARTTLS:
        d->starttls_open = true;
        break;
    case VERB_QUIT:
        d->s->smtp.quit = session_kept(d->s, e);
        break;
    default:
        break;
    }
}

/* Between two mails with nothing outstanding old events may go. */
static void rest(struct smtp_dialogue *d)
{
    if (!d->tx && d->queue_count == 0 && !d->dropped && !d->reply && d->client == CLIENT_COMMAND) {
        session_rest(d->s);
    }
}

/* Not a line of a message by chance: commands that no sentence begins with. */
static bool begins_anew(enum verb verb)
{
    return verb == VERB_MAIL || verb == VERB_RSET || verb == VERB_QUIT || verb == VERB_EHLO ||
           verb == VERB_HELO || verb == VERB_LHLO || verb == VERB_STARTTLS;
}

void smtp_client_command(struct smtp_dialogue *d, const struct smtp_line *line,
                         struct smtp_command *c)
{
    struct pending p = {.to = REPLY_TO_COMMAND,
                        .verb = (uint8_t)c->verb,
                        .end = line->end,
                        .peer_ack = line->peer_ack,
                        .chunk_last = c->chunk_last};
    struct event *e;

    d->read[SIDE_CLIENT] = line->end;
    rest(d);
    smtp_kept_doubt(d, c);
    e = add_command(d, line, c);
    if (d->s->smtp.commands == 1 && c->verb == VERB_UNKNOWN && !d->midstream) {
        d->s->smtp.foreign = smtp_command_foreign(line->text);
    }
    p.event = p.command = session_kept(d->s, e);
    p.secret = c->verb == VERB_UNKNOWN && e->facts->command.text.cut;
    if (p.secret || c->verb == VERB_BURL) {
        p.echo = smtp_echo_of(p.secret ? line->text : c->arguments);
    }
    smtp_kept_credentials(d, c);
    smtp_mail_command(d, c, e, &p);
    if (c->well_formed && begins_anew(c->verb)) {
        d->after_data = false;
    }
    after_command(d, line, c, e, &p);
    /* A load balancer's introduction is not answered. */
    if (line->offset != 0 || !smtp_command_is_proxy(line->text)) {
        smtp_outstanding_push(d, &p);
    }
    if (d->client == CLIENT_CHUNK && d->chunk_left == 0) {
        smtp_content_end(d, line->last, true);
    }
    if (c->verb == VERB_AUTH) {
        smtp_line_forget(&d->cutter[SIDE_CLIENT]); /* the text of this line is gone */
    }
}

/* The end of a message whose beginning was not captured. Ambiguous: behind a bare LF. */
static void lost_content_end(struct smtp_dialogue *d, const struct smtp_line *line, bool ambiguous)
{
    struct event *e =
        session_add(d->s, EVENT_CONTENT, SIDE_CLIENT, d->lost_bytes ? d->lost_first : line->first);

    if (!d->tx) {
        d->tx = session_begin_transaction(d->s, e->first);
        d->tx->uncertain = true;
    }
    e->peer_ack = line->peer_ack;
    d->content = e;
    d->content_facts = &e->facts->content;
    d->content_facts->bytes = d->content_facts->missing = d->lost_bytes;
    d->content_facts->tx = d->tx;
    d->content_offset = line->offset > d->lost_bytes ? line->offset - d->lost_bytes : 0;
    d->tx->method = METHOD_DATA;
    d->tx->content_begun = true;
    d->tx->uncertain = true;
    d->tx->content = session_kept(d->s, e);
    d->read[SIDE_CLIENT] = line->end;
    d->tx->unframed |= ambiguous;
    smtp_content_end(d, line->last, true);
    d->unframed = ambiguous;
    d->lost_bare_lf = false;
    d->client_lost = false;
}

/* While the place is lost, only what is surely a command ends it: not a verb that people also write
 * as a line of a letter ("Help", "turn left"). */
bool smtp_client_finds_place(const struct smtp_command *c, const struct smtp_line *line)
{
    bool sure = smtp_kept_is_sure(c) ||
                (c->well_formed &&
                 (c->verb == VERB_HELO || c->verb == VERB_XCLIENT || c->verb == VERB_XFORWARD));

    return sure && !(line->flags & (LINE_LONG | LINE_NUL | LINE_EIGHT_BIT));
}

void smtp_client_line(struct smtp_dialogue *d, const struct smtp_line *line)
{
    struct smtp_command c;

    smtp_command_read(line->text, &c);
    if (d->client_lost && !smtp_client_finds_place(&c, line)) {
        if (text_is(line->text, ".") && !(line->flags & (LINE_AFTER_GAP | LINE_BARE_LF))) {
            lost_content_end(d, line, d->lost_bare_lf);
            return;
        }
        d->unframed |= text_is(line->text, ".") && (line->flags & LINE_BARE_LF);
        d->lost_bare_lf = line->flags & LINE_BARE_LF;
        if (d->lost_bytes == 0) {
            d->lost_first = line->first;
        }
        d->lost_bytes += line->len;
        return;
    }
    d->client_lost = false;
    smtp_client_command(d, line, &c);
}

/* An AUTH line is counted, its bytes are forgotten; of the first one a number for the user stays.
 */
static void auth_line(struct smtp_dialogue *d, const struct smtp_line *line)
{
    struct event *e = session_add(d->s, EVENT_AUTH, SIDE_CLIENT, line->first);
    struct pending p = {.event = session_kept(d->s, e),
                        .to = REPLY_TO_AUTH,
                        .verb = VERB_AUTH,
                        .end = line->end,
                        .peer_ack = line->peer_ack};

    e->last = line->last;
    e->peer_ack = line->peer_ack;
    d->read[SIDE_CLIENT] = line->end;
    e->facts->auth.line_len = smtp_line_len(line);
    if (d->client == CLIENT_AUTH && !d->auth_opened) {
        e->facts->auth.user = smtp_login_user(text_bytes(d->s->smtp.auth_mechanism), line->text);
    }
    smtp_kept_auth_line(d, line->text);
    d->auth_opened = true;
    e->facts->auth.cancelled = text_is(line->text, "*");
    e->facts->auth.malformed = !e->facts->auth.cancelled && !smtp_command_is_base64(line->text);
    session_set_bytes(d->s, e, line->offset, line->end);
    smtp_outstanding_push(d, &p);
    smtp_line_forget(&d->cutter[SIDE_CLIENT]);
}

bool smtp_client_take_other(struct smtp_dialogue *d, struct smtp_feed *feed, struct smtp_line *line)
{
    struct smtp_command c;

    if (!smtp_dialogue_take_line(d, SIDE_CLIENT, feed, line)) {
        return false;
    }
    smtp_command_read(line->text, &c);
    if (smtp_client_finds_place(&c, line)) {
        d->client = CLIENT_COMMAND;
        smtp_client_command(d, line, &c);
        return false;
    }
    return true;
}

static void read_guess_auth(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    struct smtp_line line;

    if (smtp_client_take_other(d, feed, &line)) {
        auth_line(d, &line);
    }
}

/* True: blocked for good until a reply; false: the state was changed to a guess. */
static bool must_wait(struct smtp_dialogue *d, const struct smtp_feed *feed)
{
    struct pending *last = d->queue_count ? smtp_outstanding_at(d, d->queue_count - 1) : NULL;

    if (d->reply && d->reply->answered) {
        return true; /* the reply that decides is half there */
    }
    /* The client had received everything up to the gap's end when it sent this: the reply it waited
     * for was in the gap. */
    if (!last || (last->maybe_lost && feed->chunk->peer_ack >= d->server_gap_end)) {
        smtp_dialogue_unblock(d);
        return false;
    }
    return true;
}

enum { SSL2_HELLO = 0x80, SSL2_HELLO_MASK = 0xfc }; /* below 1,024 octets */

/* A record; where TLS is due also a hello in the form of SSL 2 (RFC 5246 appendix E.2), which
 * begins with its length and the highest bit. */
static bool begins_tls(const struct smtp_dialogue *d, uint8_t first)
{
    return text_is_tls_type(first) ||
           ((d->tls_agreed || d->starttls_open) && (first & SSL2_HELLO_MASK) == SSL2_HELLO);
}

/* One line of commands. False: blocked, or the hand-over to TLS, as *answer says. */
static bool read_command(struct smtp_dialogue *d, struct smtp_feed *feed,
                         enum smtp_feed_answer *answer)
{
    struct smtp_line line;

    if (smtp_proxy_begins(d, feed)) {
        smtp_proxy_begin(d);
        return true;
    }
    if (smtp_line_at_start(&d->cutter[SIDE_CLIENT]) && begins_tls(d, feed->left.data[0])) {
        if (d->tls_agreed) {
            *answer = SMTP_FEED_TLS;
            return false;
        }
        if (d->starttls_open) {
            /* When the client had received the server's last gap, the 220 was in it. */
            d->tls_agreed =
                d->uncertain && feed->chunk->peer_ack >= d->server_gap_end && d->server_gap_end > 0;
            *answer = d->tls_agreed ? SMTP_FEED_TLS : SMTP_FEED_BLOCKED;
            return false;
        }
    }
    if (smtp_dialogue_take_line(d, SIDE_CLIENT, feed, &line)) {
        d->read[SIDE_CLIENT] = line.end;
        smtp_client_line(d, &line);
    }
    return true;
}

static bool reads_lines(const struct smtp_dialogue *d)
{
    return d->client != CLIENT_CONTENT && d->client != CLIENT_CHUNK &&
           d->client != CLIENT_CHUNK_DOUBT && d->client != CLIENT_PROXY;
}

enum smtp_feed_answer smtp_client_read(struct smtp_dialogue *d, struct smtp_feed *feed)
{
    enum smtp_feed_answer answer = SMTP_FEED_DONE;
    struct smtp_line line;

    while (feed->left.len) {
        if (d->other_tls[SIDE_CLIENT] && reads_lines(d) &&
            smtp_line_at_start(&d->cutter[SIDE_CLIENT]) && text_is_tls_type(feed->left.data[0])) {
            return SMTP_FEED_TLS;
        }
        switch ((enum client_state)d->client) {
        case CLIENT_COMMAND:
            if (!read_command(d, feed, &answer)) {
                return answer;
            }
            break;
        case CLIENT_CONTENT:
            smtp_content_read(d, feed);
            break;
        case CLIENT_CHUNK:
            smtp_content_read_chunk(d, feed);
            break;
        case CLIENT_CHUNK_DOUBT:
            smtp_content_read_doubt(d, feed);
            break;
        case CLIENT_AUTH:
            if (smtp_dialogue_take_line(d, SIDE_CLIENT, feed, &line)) {
                auth_line(d, &line);
                d->client = CLIENT_WAIT_AUTH;
            }
            break;
        case CLIENT_WAIT_DATA:
        case CLIENT_WAIT_AUTH:
            if (must_wait(d, feed)) {
                return SMTP_FEED_BLOCKED;
            }
            break;
        case CLIENT_GUESS_DATA:
            smtp_content_read_guess(d, feed);
            break;
        case CLIENT_GUESS_AUTH:
            read_guess_auth(d, feed);
            break;
        case CLIENT_PROXY:
            smtp_proxy_read(d, feed);
            break;
        }
    }
    return SMTP_FEED_DONE;
}

/* Unfinished content is told as such; an unfinished command line only when something was read that
 * makes it surely SMTP. */
void smtp_client_flush(struct smtp_dialogue *d, struct mark last)
{
    struct smtp_command c;
    struct smtp_line line;

    smtp_proxy_flush(d);
    if (d->client == CLIENT_CHUNK_DOUBT && !smtp_line_at_start(&d->cutter[SIDE_CLIENT])) {
        d->read[SIDE_CLIENT] = d->cutter[SIDE_CLIENT].offset; /* what is held is no octet of it */
        d->after_data = true;                                 /* but it may be meant as one */
    }
    if (d->content) {
        smtp_content_end(d, d->content->last, false);
    }
    if (!smtp_dialogue_flush_line(d, SIDE_CLIENT, last, &line) || d->client_lost) {
        return;
    }
    if (d->client == CLIENT_COMMAND) {
        smtp_command_read(line.text, &c);
        smtp_kept_doubt(d, &c);
        /* Not pushed: no server answers half a line. */
        (void)add_command(d, &line, &c);
    }
}
