/* session_builder.c - a session from a few lines of text. */
#include "tests/support/session_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_MAX = 64, LINE_MAX_LEN = 600 };

#define HELLO                                                                                      \
    "0 c syn\n0.02 s synack\n0.03 c up\n0.04 s 220 mx.example ESMTP\n0.05 c EHLO a.example\n"      \
    "0.06 s 250 mx.example ; keywords=PIPELINING,SIZE,CHUNKING,AUTH,STARTTLS\n"

const char session_builder_hello[] = HELLO;
const char session_builder_to_data[] =
    HELLO "0.07 c MAIL FROM:<a@a.example>\n0.08 s 250 ok\n0.09 c RCPT TO:<b@b.example>\n"
          "0.10 s 250 ok\n0.11 c DATA\n0.14 s 354 go on\n";

struct builder {
    struct session *s;
    int64_t start;
    uint64_t packet;
    uint64_t sent[SIDES],
        known[SIDES];               /* known: what the other side had sent before its last word */
    struct event *queue[QUEUE_MAX]; /* commands without a reply */
    size_t queue_count;
    bool greeted;
    struct event *bdat;
    struct transaction *tx;
    const char *line; /* for messages */
    char options[LINE_MAX_LEN];
};

static void broken(const struct builder *b, const char *why)
{
    fprintf(stderr, "session_builder: %s: %s\n", why, b->line);
    abort();
}

/* Whether a word stands among the options; or the number behind "name=". */
static bool has(const struct builder *b, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = b->options; (p = strstr(p, word)); p += len) {
        if ((p == b->options || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static const char *value_at(const struct builder *b, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = b->options; (p = strstr(p, name)); p += len) {
        if ((p == b->options || p[-1] == ' ') && p[len] == '=') {
            return p + len + 1;
        }
    }
    return NULL;
}

static double value(const struct builder *b, const char *name, double otherwise)
{
    const char *at = value_at(b, name);

    return at ? atof(at) : otherwise;
}

static int64_t at_ns(const struct builder *b, double seconds)
{
    return b->start + (int64_t)(seconds * 1e6 + 0.5) * 1000;
}

static struct mark mark_at(struct builder *b, double seconds)
{
    return (struct mark){++b->packet, at_ns(b, seconds)};
}

static struct text text_of(struct builder *b, const char *s)
{
    return arena_text(b->s->arena, (struct bytes){(const uint8_t *)s, strlen(s)}, 512);
}

/* The event takes the next `len` bytes of its side, and they are acknowledged unless said not. */
static void take_bytes_for(struct builder *b, struct event *e, uint64_t len, double end)
{
    struct tcp_side *side = &b->s->tcp.side[e->side];
    uint64_t offset = b->sent[e->side];
    struct mark ack = {++b->packet, at_ns(b, value(b, "late", end + 0.01))};

    b->sent[e->side] += len;
    side->sent = b->sent[e->side];
    side->bytes += len;
    side->data_segments++;
    side->packets++;
    side->last_data = side->last = e->last;
    if (!has(b, "blind")) {
        b->known[e->side] = b->sent[side_other((enum side)e->side)];
    }
    e->peer_ack = b->known[e->side];
    session_set_bytes(b->s, e, offset, b->sent[e->side]);
    if (!has(b, "unacked")) {
        side->acked = b->sent[e->side];
        session_acked(b->s, (enum side)e->side, side->acked, ack);
        b->s->tcp.side[side_other((enum side)e->side)].packets++;
    }
}

static enum verb verb_of(const char *word)
{
    for (int v = VERB_UNKNOWN + 1; v < VERBS; v++) {
        size_t len = strlen(verb_names[v]);
        if (strncmp(word, verb_names[v], len) == 0 && (word[len] == ' ' || word[len] == '\0')) {
            return (enum verb)v;
        }
    }
    return VERB_UNKNOWN;
}

static void push(struct builder *b, struct event *e)
{
    if (b->queue_count == QUEUE_MAX) {
        broken(b, "too many open commands");
    }
    b->queue[b->queue_count++] = e;
}

/* What stands between the brackets, brackets included; empty: none. */
static struct text path_in(struct builder *b, const char *text)
{
    const char *from = strchr(text, '<'), *until = from ? strchr(from, '>') : NULL;
    struct bytes path = {(const uint8_t *)from, until ? (size_t)(until + 1 - from) : 0};

    return until ? arena_text(b->s->arena, path, 512) : (struct text){"", 0, false};
}

static void add_recipient(struct builder *b, struct event *command, const char *text)
{
    struct recipient *r = session_add_recipient(b->s, b->tx);

    if (r) {
        r->to = path_in(b, text);
        r->command = command;
    }
}

static void add_command(struct builder *b, double t, const char *text)
{
    struct session *s = b->s;
    struct event *e = session_add(s, EVENT_COMMAND, SIDE_CLIENT, mark_at(b, t));
    struct command_facts *f = &e->facts->command;

    f->verb = (uint8_t)verb_of(text);
    f->text = text_of(b, text);
    f->word = (struct text){f->text.s, (uint32_t)strcspn(text, " "), false};
    f->line_len = (uint32_t)strlen(text) + 2;
    if (f->verb == VERB_MAIL) {
        b->tx = session_begin_transaction(s, e->first);
        b->tx->mail = e;
        b->tx->from = path_in(b, text);
        b->tx->declared_size = UINT64_MAX;
    } else if (f->verb == VERB_RCPT && b->tx) {
        add_recipient(b, e, text);
    } else if (f->verb == VERB_DATA && b->tx) {
        b->tx->data = e;
        b->tx->method = METHOD_DATA;
    } else if (f->verb == VERB_QUIT) {
        s->smtp.quit = e;
    } else if (f->verb == VERB_EHLO || f->verb == VERB_HELO) {
        s->smtp.helo = text_of(b, strchr(text, ' ') ? strchr(text, ' ') + 1 : "");
    } else if (f->verb == VERB_AUTH) {
        s->smtp.auth_mechanism = text_of(b, "PLAIN");
        s->smtp.auth = AUTH_UNFINISHED;
        f->auth_user = (uint64_t)value(b, "user", 0);
    }
    f->tx = b->tx;
    s->smtp.spoken = true;
    s->smtp.commands++;
    if (!s->smtp.first_client.packet) {
        s->smtp.first_client = e->first;
    }
    take_bytes_for(b, e, f->line_len, t);
    push(b, e);
}

static void add_content(struct builder *b, double t, const char *size, bool chunk)
{
    struct event *e =
        session_add(b->s, chunk ? EVENT_CHUNK : EVENT_CONTENT, SIDE_CLIENT, mark_at(b, t));
    struct content_facts *f = &e->facts->content;
    double until = value(b, "until", t);
    const char *pause = value_at(b, "pause");

    f->bytes = strtoull(size, NULL, 10);
    f->segments = (uint32_t)(f->bytes / 1448) + 1;
    f->missing = (uint64_t)value(b, "missing", 0);
    f->complete = !has(b, "cut");
    f->last = has(b, "last");
    f->tx = b->tx;
    e->last = mark_at(b, until);
    f->end = e->last;
    if (pause) {
        double from = atof(pause), to = atof(strstr(pause, "..") + 2);
        pauses_note(&f->pauses, mark_at(b, from), mark_at(b, to), true);
    }
    if (b->tx) {
        b->tx->content = e;
        b->tx->content_begun = true;
        b->tx->bytes += f->bytes;
        b->tx->content_complete = f->complete && (!chunk || f->last);
    }
    take_bytes_for(b, e, f->bytes + (chunk ? 0 : 5), until);
    if (chunk) { /* it stands for the BDAT that announced it */
        b->queue[b->queue_count - 1] = e;
    } else {
        push(b, e);
    }
}

static void add_auth(struct builder *b, double t)
{
    struct event *e = session_add(b->s, EVENT_AUTH, SIDE_CLIENT, mark_at(b, t));

    e->facts->auth.line_len = 20;
    take_bytes_for(b, e, 20, t);
    push(b, e);
}

static void answer_transaction(struct builder *b, struct event *asked, struct event *reply)
{
    unsigned code = reply->facts->reply.code;
    struct smtp_facts *smtp = &b->s->smtp;

    if (asked->kind == EVENT_CONTENT ||
        (asked->kind == EVENT_CHUNK && asked->facts->content.last)) {
        if (b->tx) {
            b->tx->final = reply;
            b->tx->outcome = code < 300 ? TX_ACCEPTED : TX_REJECTED;
        }
        smtp->accepted_count += code < 300;
        smtp->rejected_count += code >= 400;
        b->tx = NULL;
        return;
    }
    if (asked->kind != EVENT_COMMAND || !b->tx) {
        return;
    }
    if (asked->facts->command.verb == VERB_RCPT) {
        for (struct recipient *r = b->tx->recipients; r; r = r->next) {
            r->code = r->command == asked ? (uint16_t)code : r->code;
        }
        b->tx->accepted_count += code < 300;
        b->tx->rejected_count += code >= 400;
    } else if (asked->facts->command.verb == VERB_MAIL && code >= 400) {
        b->tx->outcome = TX_REJECTED;
        smtp->rejected_count++;
        b->tx = NULL;
    } else if (asked->facts->command.verb == VERB_RSET && code < 300) {
        b->tx->outcome = b->tx->rejected_count && !b->tx->accepted_count ? TX_REJECTED : TX_ABORTED;
        b->tx = NULL;
    }
}

static void add_keywords(struct builder *b)
{
    const char *at = value_at(b, "keywords");

    while (at && *at && *at != ' ') {
        struct keyword *k = arena_make(b->s->arena, struct keyword);
        size_t len = strcspn(at, ", ");

        k->text = arena_text(b->s->arena, (struct bytes){(const uint8_t *)at, len}, 100);
        k->next = b->s->smtp.keywords;
        b->s->smtp.keywords = k;
        at += len + (at[len] == ',');
    }
}

static void answer(struct builder *b, struct event *reply)
{
    struct reply_facts *r = &reply->facts->reply;
    struct event *asked;

    if (!b->greeted) {
        b->greeted = true;
        r->to = REPLY_TO_GREETING;
        b->s->smtp.greeting = reply;
        return;
    }
    if (has(b, "unsolicited") || b->queue_count == 0) {
        r->to = has(b, "unknown") ? REPLY_TO_UNKNOWN : REPLY_TO_NOTHING;
        return;
    }
    asked = b->queue[0];
    b->queue_count--;
    memmove(b->queue, b->queue + 1, b->queue_count * sizeof b->queue[0]);
    r->answers = asked;
    switch ((enum event_kind)asked->kind) {
    case EVENT_COMMAND:
        r->to = REPLY_TO_COMMAND;
        asked->facts->command.reply = reply;
        if (asked->facts->command.verb <= VERB_LHLO && r->code == 250) {
            b->s->smtp.ehlo = asked;
            b->s->smtp.esmtp = asked->facts->command.verb == VERB_EHLO;
            add_keywords(b);
        } else if (asked->facts->command.verb == VERB_STARTTLS && r->code == 220) {
            b->s->smtp.starttls = asked;
        }
        break;
    case EVENT_AUTH:
        r->to = REPLY_TO_AUTH;
        asked->facts->auth.reply = reply;
        b->s->smtp.auth = r->code == 235 ? AUTH_ACCEPTED : AUTH_REFUSED;
        break;
    default:
        r->to = asked->kind == EVENT_CONTENT ? REPLY_TO_CONTENT : REPLY_TO_CHUNK;
        asked->facts->content.reply = reply;
        break;
    }
    answer_transaction(b, asked, reply);
}

static void add_reply(struct builder *b, double t, const char *text)
{
    double from = value(b, "from", t);
    struct event *e = session_add(b->s, EVENT_REPLY, SIDE_SERVER, mark_at(b, from));
    struct reply_facts *r = &e->facts->reply;

    e->last = mark_at(b, t);
    r->code = (uint16_t)atoi(text);
    r->lines = (uint16_t)value(b, "lines", 1);
    r->text = r->full = text_of(b, strlen(text) > 4 ? text + 4 : "");
    r->flags = has(b, "unfinished") ? REPLY_UNFINISHED : 0;
    if (!b->s->smtp.first_server.packet) {
        b->s->smtp.first_server = e->first;
    }
    b->s->smtp.replies++;
    take_bytes_for(b, e, strlen(text) + 2, t);
    answer(b, e);
}

static void add_handshake(struct builder *b, double t, enum side side, bool synack)
{
    struct tcp_facts *tcp = &b->s->tcp;
    struct event *e = session_add(b->s, synack ? EVENT_SYNACK : EVENT_SYN, side, mark_at(b, t));

    e->facts->syn.again = tcp->side[side].syn_count++ > 0;
    e->facts->syn.mss = tcp->side[side].mss = (uint16_t)value(b, "mss", 1460);
    tcp->side[side].packets++;
    if (!tcp->side[side].syn.packet) {
        tcp->side[side].syn = e->first;
    }
    if (!synack) {
        tcp->handshake = HANDSHAKE_UNANSWERED;
        tcp->midstream = false;
    } else if (tcp->side[side].syn_count == 1) {
        tcp->handshake = HANDSHAKE_HALF;
        tcp->syn_to_synack_ns = e->first.time_ns - tcp->side[SIDE_CLIENT].syn.time_ns;
    }
}

static void add_up(struct builder *b, double t)
{
    struct tcp_facts *tcp = &b->s->tcp;

    tcp->handshake = HANDSHAKE_COMPLETE;
    tcp->established = mark_at(b, t);
    tcp->synack_to_ack_ns = tcp->established.time_ns - tcp->side[SIDE_SERVER].syn.time_ns;
    tcp->side[SIDE_CLIENT].packets++;
    b->s->last = tcp->established;
}

static void add_end(struct builder *b, double t, enum side side, const char *what)
{
    bool fin = strcmp(what, "fin") == 0, refused = strcmp(what, "refused") == 0;
    enum event_kind kind = fin ? EVENT_FIN : refused ? EVENT_REFUSED : EVENT_RST;
    struct event *e = session_add(b->s, kind, side, mark_at(b, t));
    struct tcp_side *me = &b->s->tcp.side[side];

    me->packets++;
    if (fin) {
        me->fin = e->first;
        if (b->s->tcp.side[side_other(side)].fin.packet) {
            b->s->ended = SESSION_CLOSED;
        }
        return;
    }
    e->facts->rst.ttl = (uint8_t)value(b, "ttl", 64);
    e->facts->rst.ttl_usual = (uint8_t)value(b, "usual", e->facts->rst.ttl);
    e->facts->rst.in_window = e->facts->rst.exact = !has(b, "outside");
    if (!me->rst.packet && e->facts->rst.in_window) {
        me->rst = e->first;
        b->s->ended = SESSION_CLOSED;
    }
    if (refused) {
        b->s->tcp.handshake = HANDSHAKE_REFUSED;
    }
}

static void add_resent(struct builder *b, double t, enum side side)
{
    struct event *e = session_add(b->s, EVENT_RETRANSMIT, side, mark_at(b, t));
    struct retransmit_facts *f = &e->facts->retransmit;
    struct tcp_side *me = &b->s->tcp.side[side];

    f->len = (uint32_t)value(b, "len", 100);
    f->count = (uint32_t)value(b, "count", 1);
    f->peer_packets = (uint32_t)value(b, "peer", 0);
    f->keep_alive = has(b, "alive");
    me->retransmits += f->count;
    e->last = mark_at(b, value(b, "until", t));
    e->offset = has(b, "acked") ? 0 : me->acked;
    e->end = e->offset + f->len;
    if (has(b, "acked")) {
        e->acked = e->last;
    }
}

static void add_zero(struct builder *b, double t, enum side side)
{
    struct event *e = session_add(b->s, EVENT_ZERO_WINDOW, side, mark_at(b, t));

    e->last = mark_at(b, value(b, "until", t));
    e->facts->window.open = has(b, "open");
    e->facts->window.probes = (uint32_t)value(b, "probes", 3);
    b->s->tcp.side[side].zero_windows++;
    b->s->last = e->last;
}

static void add_gap(struct builder *b, double t, enum side side, const char *size)
{
    struct event *e = session_add(b->s, EVENT_GAP, side, mark_at(b, t));
    struct tcp_side *me = &b->s->tcp.side[side];

    e->facts->gap.missing = strtoull(size, NULL, 10);
    e->facts->gap.acked = !has(b, "lost");
    e->facts->gap.snapped = has(b, "snapped");
    me->snapped += e->facts->gap.snapped;
    me->gap_bytes += e->facts->gap.missing;
    me->gap_count++;
    b->sent[side] += e->facts->gap.missing;
    me->sent = me->acked = b->sent[side];
    if (side == SIDE_SERVER && has(b, "reply") && b->queue_count) {
        b->queue_count--; /* the reply to the oldest was in it */
        memmove(b->queue, b->queue + 1, b->queue_count * sizeof b->queue[0]);
    }
}

static void add_icmp(struct builder *b, double t, enum side side, const char *what)
{
    struct event *e = session_add(b->s, EVENT_ICMP, side, mark_at(b, t));
    struct icmp_facts *f = &e->facts->icmp;

    f->type = (uint8_t)atoi(what);
    f->code = (uint8_t)atoi(strchr(what, '/') + 1);
    f->mtu = (uint32_t)value(b, "mtu", 0);
    f->quotes_syn = has(b, "syn");
    if (!address_parse(&f->from, has(b, "v6") ? "2001:db8::fe" : "192.0.2.254")) {
        broken(b, "address");
    }
}

static void add_tls(struct builder *b, double t, enum side side, bool run, const char *what)
{
    struct event *e = session_add(b->s, run ? EVENT_TLS_RUN : EVENT_TLS, side, mark_at(b, t));
    uint64_t len = run ? strtoull(what, NULL, 10) : 200;

    b->s->tls.seen[side] = true;
    if (run) {
        e->facts->run.bytes = len;
        e->facts->run.records = 1;
        b->s->tls.app_records[side]++;
        b->s->tls.established = true;
    } else {
        b->s->tls.hello[side] = true;
    }
    b->s->smtp.tls = b->s->smtp.starttls ? TLS_STARTTLS : TLS_IMPLICIT;
    take_bytes_for(b, e, len, t);
}

static void add_thing(struct builder *b, double t, enum side side, char *what)
{
    char *rest = strchr(what, ' ');
    const char *argument = rest ? rest + 1 : "";
    char word[32] = "";

    snprintf(word, sizeof word, "%.*s", (int)strcspn(what, " "), what);
    b->s->last = (struct mark){b->packet + 1, at_ns(b, t)};
    if (what[0] >= '0' && what[0] <= '9') {
        add_reply(b, t, what);
    } else if (strcmp(word, "syn") == 0 || strcmp(word, "synack") == 0) {
        add_handshake(b, t, side, word[3] == 'a');
    } else if (strcmp(word, "up") == 0) {
        add_up(b, t);
    } else if (strcmp(word, "content") == 0 || strcmp(word, "chunk") == 0) {
        add_content(b, t, argument, word[1] == 'h');
    } else if (strcmp(word, "auth") == 0) {
        add_auth(b, t);
    } else if (strcmp(word, "fin") == 0 || strcmp(word, "rst") == 0 ||
               strcmp(word, "refused") == 0) {
        add_end(b, t, side, word);
    } else if (strcmp(word, "resent") == 0) {
        add_resent(b, t, side);
    } else if (strcmp(word, "zero") == 0) {
        add_zero(b, t, side);
    } else if (strcmp(word, "gap") == 0) {
        add_gap(b, t, side, argument);
    } else if (strcmp(word, "icmp") == 0) {
        add_icmp(b, t, side, argument);
    } else if (strcmp(word, "tls") == 0 || strcmp(word, "run") == 0) {
        add_tls(b, t, side, word[0] == 'r', argument);
    } else if (strcmp(word, "opaque") == 0) {
        struct event *e = session_add(b->s, EVENT_OPAQUE, side, mark_at(b, t));
        take_bytes_for(b, e, 10, t);
    } else if (word[0] >= 'A' && word[0] <= 'Z') {
        add_command(b, t, what);
    } else {
        broken(b, "unknown thing");
    }
    if (b->s->last.time_ns < b->s->events_last->last.time_ns) {
        b->s->last = b->s->events_last->last;
    }
}

/* "what ; options"; for things without wire text the options may follow at once. */
static void read_line(struct builder *b, char *line)
{
    char *semicolon = strstr(line, " ;"), *at;
    double t;

    b->line = line;
    if (strncmp(line, "end ", 4) == 0) {
        b->s->ended = strstr(line, " idle") ? SESSION_IDLE : SESSION_INPUT_ENDED;
        b->s->capture_end_ns = at_ns(b, atof(line + 4));
        return;
    }
    t = strtod(line, &at);
    if (at == line || (at[1] != 'c' && at[1] != 's') || at[2] != ' ') {
        broken(b, "time, side and thing wanted");
    }
    if (semicolon) {
        *semicolon = '\0';
    }
    snprintf(b->options, sizeof b->options, "%s", semicolon ? semicolon + 2 : at + 3);
    add_thing(b, t, at[1] == 'c' ? SIDE_CLIENT : SIDE_SERVER, at + 3);
}

struct session *session_build_at(const char *script, uint64_t id, int64_t start_ns,
                                 const char *client, const char *server, uint16_t port)
{
    struct builder b = {.s = session_new(id), .start = start_ns, .packet = id * 1000};
    struct session *s = b.s;

    if (!s || !address_parse(&s->end[SIDE_CLIENT].address, client) ||
        !address_parse(&s->end[SIDE_SERVER].address, server)) {
        broken(&b, "addresses");
    }
    s->end[SIDE_CLIENT].port = (uint16_t)(40000 + id % 20000);
    s->end[SIDE_SERVER].port = port;
    s->mail_port = true;
    s->tcp.midstream = true;
    s->tcp.handshake = HANDSHAKE_MISSING;
    s->ended = SESSION_INPUT_ENDED;
    b.greeted = !strstr(script, " syn"); /* midstream */
    while (*script) {
        char line[LINE_MAX_LEN];
        size_t len = strcspn(script, "\n");

        snprintf(line, sizeof line, "%.*s", (int)len, script);
        script += len + (script[len] == '\n');
        if (line[0]) {
            read_line(&b, line);
        }
    }
    if (s->events) {
        s->first = s->events->first;
    }
    if (!s->capture_end_ns) {
        s->capture_end_ns = s->last.time_ns;
    }
    return s;
}

struct session *session_build(const char *script)
{
    return session_build_at(script, 1, BUILDER_START, "192.0.2.10", "198.51.100.25", 25);
}

struct settings session_builder_settings(void)
{
    static const double seconds[PHASE_COUNT] = {
        [PHASE_CONNECT] = 30,    [PHASE_GREETING] = 300, [PHASE_EHLO] = 300, [PHASE_STARTTLS] = 300,
        [PHASE_TLS] = 300,       [PHASE_AUTH] = 300,     [PHASE_MAIL] = 300, [PHASE_RCPT] = 300,
        [PHASE_DATA_INIT] = 120, [PHASE_DATA] = 180,     [PHASE_EOD] = 600,  [PHASE_QUIT] = 300,
    };
    struct settings s = {.server_limit = {300, LIMIT_FROM_RFC}};

    for (int i = 0; i < PHASE_COUNT; i++) {
        s.client_limit[i] = (struct phase_limit){seconds[i], LIMIT_FROM_RFC};
    }
    return s;
}
