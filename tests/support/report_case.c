/* report_case.c - sessions, their diagnosis and an input made by hand. */
#include "tests/support/report_case.h"

#include <string.h>

#include "report/diagnose/rules.h"

struct script {
    struct session *s;
    uint64_t packet;
    int64_t now_ns;
    uint64_t sent[SIDES];
};

static struct mark later(struct script *c, int64_t ns)
{
    c->now_ns += ns;
    return (struct mark){++c->packet, c->now_ns};
}

static struct mark now(const struct script *c)
{
    return (struct mark){c->packet, c->now_ns};
}

static struct text words(struct script *c, const char *s)
{
    return arena_text(c->s->arena, (struct bytes){(const uint8_t *)s, strlen(s)}, 512);
}

static struct event *say(struct script *c, enum event_kind kind, enum side side, struct mark m,
                         uint64_t len)
{
    struct event *e = session_add(c->s, kind, side, m);

    session_set_bytes(c->s, e, c->sent[side], c->sent[side] + len);
    c->sent[side] += len;
    return e;
}

static struct event *command(struct script *c, struct mark m, enum verb verb, const char *line)
{
    struct event *e = say(c, EVENT_COMMAND, SIDE_CLIENT, m, strlen(line) + 2);

    e->facts->command.verb = (uint8_t)verb;
    e->facts->command.text = words(c, line);
    e->facts->command.word = (struct text){e->facts->command.text.s, 4, false};
    e->facts->command.line_len = (uint32_t)strlen(line) + 2;
    c->s->smtp.commands++;
    return e;
}

static struct event *reply(struct script *c, struct mark m, uint16_t code, const char *line,
                           struct event *answers)
{
    struct event *e = say(c, EVENT_REPLY, SIDE_SERVER, m, strlen(line) + 6);

    e->facts->reply.code = code;
    e->facts->reply.lines = 1;
    e->facts->reply.text = e->facts->reply.full = words(c, line);
    e->facts->reply.answers = answers;
    e->facts->reply.to = !answers                         ? REPLY_TO_GREETING
                         : answers->kind == EVENT_COMMAND ? REPLY_TO_COMMAND
                                                          : REPLY_TO_CONTENT;
    if (answers && answers->kind == EVENT_COMMAND) {
        answers->facts->command.reply = e;
    }
    c->s->smtp.replies++;
    return e;
}

static void handshake(struct script *c)
{
    struct event *e = session_add(c->s, EVENT_SYN, SIDE_CLIENT, later(c, 0));

    e->facts->syn.ttl = 64;
    c->s->first = e->first;
    session_add(c->s, EVENT_SYNACK, SIDE_SERVER, later(c, 20900000))->facts->syn.ttl = 51;
    c->s->tcp.handshake = HANDSHAKE_COMPLETE;
    c->s->tcp.syn_to_synack_ns = 20900000;
    c->s->tcp.synack_to_ack_ns = 100000;
    c->s->tcp.established = later(c, 100000);
}

static void opening(struct script *c, const char *greeting, const char *helo)
{
    struct event *e;

    handshake(c);
    c->s->smtp.greeting = reply(c, later(c, 24000000), 220, greeting, NULL);
    e = command(c, later(c, 700000), VERB_EHLO, helo);
    c->s->smtp.helo = words(c, helo + 5);
    reply(c, later(c, 21500000), 250, "mail.partner.example", e)->facts->reply.lines = 4;
    c->s->smtp.ehlo = e;
    c->s->smtp.esmtp = c->s->smtp.spoken = true;
}

/* MAIL, RCPT and DATA in one packet, and their replies in one. */
static struct transaction *envelope(struct script *c, uint16_t rcpt_code, const char *rcpt_text)
{
    struct mark m = later(c, 600000);
    struct event *mail = command(c, m, VERB_MAIL, "MAIL FROM:<u7f3a9@example.net> SIZE=48213");
    struct event *rcpt = command(c, m, VERB_RCPT, "RCPT TO:<uc41d0@partner.example>");
    struct event *data = command(c, m, VERB_DATA, "DATA");
    struct transaction *t = session_begin_transaction(c->s, m);

    t->from = words(c, "<u7f3a9@example.net>");
    t->recipient_count = 1;
    t->accepted_count = rcpt_code == 250;
    t->rejected_count = rcpt_code != 250;
    t->mail = mail;
    t->data = data;
    m = later(c, 21900000);
    reply(c, m, 250, "2.1.0 Ok", mail);
    reply(c, m, rcpt_code, rcpt_text, rcpt);
    if (rcpt_code == 250) {
        reply(c, m, 354, "End data with <CR><LF>.<CR><LF>", data);
    } else {
        reply(c, m, 503, "5.5.1 no valid recipients", data);
    }
    return t;
}

static struct event *content(struct script *c, struct transaction *t, bool complete)
{
    struct event *e = say(c, EVENT_CONTENT, SIDE_CLIENT, later(c, 900000), 48216);

    e->facts->content.bytes = t->bytes = 48213;
    e->facts->content.segments = 34;
    e->facts->content.tx = t;
    t->content = e;
    t->content_begun = true;
    c->packet += 33;
    e->last = later(c, 191500000);
    if (complete) {
        e->facts->content.complete = t->content_complete = true;
        e->facts->content.end = e->last;
        e->acked = later(c, 21400000);
    }
    return e;
}

static void quit(struct script *c)
{
    struct event *e = command(c, later(c, 1000000), VERB_QUIT, "QUIT");

    c->s->smtp.quit = e;
    reply(c, later(c, 21000000), 221, "2.0.0 Bye", e);
    session_add(c->s, EVENT_FIN, SIDE_SERVER, later(c, 10000));
    session_add(c->s, EVENT_FIN, SIDE_CLIENT, later(c, 20000));
}

static void find(struct script *c, const char *id, enum severity severity, enum party party,
                 enum phase phase, const char *summary)
{
    struct diagnosis *d = c->s->diagnosis;
    struct finding *f = arena_make(c->s->arena, struct finding);

    strncpy(f->id, id, sizeof f->id - 1);
    f->rule = rules_find(id);
    f->severity = severity;
    f->points_to = party;
    f->confidence = CONFIDENCE_HIGH;
    f->phase = phase;
    f->primary = f->fatal = true;
    f->at = now(c);
    f->summary = words(c, summary);
    d->findings = f;
    d->primary = f;
    d->phase = phase;
    d->flagged = severity >= SEVERITY_WARNING;
}

static void add_evidence(struct script *c, const struct event *e)
{
    struct diagnosis *d = c->s->diagnosis;
    struct finding *f = d->findings;

    f->evidence[f->evidence_count] = e;
    f->frames[f->evidence_count++] = e->last;
}

static void wait_for_reply(struct script *c, struct event *asked, bool open)
{
    struct diagnosis *d = c->s->diagnosis;
    struct wait *w = arena_make(c->s->arena, struct wait);

    w->from = asked->last;
    c->now_ns = w->from.time_ns;
    w->until = later(c, open ? 90000 * CASE_MS : 600000 * CASE_MS);
    w->seconds = open ? 90 : 600;
    w->owner = PARTY_SERVER;
    w->phase = PHASE_EOD;
    w->outstanding = asked;
    w->limit_s = 600;
    w->open = open;
    d->waits = w;
    find(c, "data-final-timeout", SEVERITY_ERROR, PARTY_SERVER, PHASE_EOD,
         "The message was complete and acknowledged, but no reply to end of data came for 600 s.");
    d->findings->waited_s = w->seconds;
    d->findings->at = asked->last;
    add_evidence(c, asked);
    d->outcome = OUTCOME_NO_REPLY;
    if (!open) {
        session_add(c->s, EVENT_FIN, SIDE_CLIENT, w->until);
        session_add(c->s, EVENT_FIN, SIDE_SERVER, later(c, 21000000));
    }
}

static void reset(struct script *c)
{
    struct event *e;

    e = session_add(c->s, EVENT_RST, SIDE_SERVER, later(c, 860 * CASE_MS));
    e->facts->rst.ttl = 254;
    e->facts->rst.ttl_usual = 51;
    c->s->tcp.side[SIDE_SERVER].rst = e->first;
    find(c, "tcp-reset-by-server-data", SEVERITY_ERROR, PARTY_MIDDLEBOX, PHASE_DATA,
         "A reset came inside the message content.");
    add_evidence(c, e);
    ((struct diagnosis *)c->s->diagnosis)->outcome = OUTCOME_RESET;
}

static void encrypt(struct script *c)
{
    struct event *e = command(c, later(c, 1000000), VERB_STARTTLS, "STARTTLS");

    c->s->smtp.starttls = e;
    reply(c, later(c, 21000000), 220, "2.0.0 Ready to start TLS", e);
    c->s->smtp.tls = TLS_STARTTLS;
    for (int i = 0; i < 6; i++) {
        enum side side = i % 2 ? SIDE_SERVER : SIDE_CLIENT;
        e = say(c, i < 2 ? EVENT_TLS : EVENT_TLS_RUN, side, later(c, 21000000), 500);
        if (i < 2) {
            e->facts->tls.record_type = 22;
            e->facts->tls.message = (uint8_t)(i + 1);
            e->facts->tls.len = 500;
        } else {
            e->facts->run.records = 3;
            e->facts->run.bytes = 500;
            e->facts->run.record_type = 23;
        }
    }
    c->s->tls.version = 0x0303;
    c->s->tls.cipher = 0xc02f;
    c->s->tls.established = true;
    ((struct diagnosis *)c->s->diagnosis)->outcome = OUTCOME_ENCRYPTED;
    ((struct diagnosis *)c->s->diagnosis)->phase = PHASE_TLS;
}

static void lose(struct script *c)
{
    struct event *e = session_add(c->s, EVENT_GAP, SIDE_CLIENT, later(c, 1000000));

    e->facts->gap.missing = 1460;
    e->facts->gap.acked = true;
    c->s->tcp.side[SIDE_CLIENT].gap_count = 1;
    c->s->tcp.side[SIDE_CLIENT].gap_bytes = 1460;
    ((struct diagnosis *)c->s->diagnosis)->capture = CAPTURE_LOSSY;
}

static void deliver(struct script *c, struct transaction *t, struct event *asked)
{
    t->final = reply(c, later(c, 38 * CASE_MS), 250, "2.0.0 Ok: queued as 4ABC", asked);
    t->outcome = TX_ACCEPTED;
    ((struct diagnosis *)c->s->diagnosis)->slowest_reply_s = 0.0594;
    ((struct diagnosis *)c->s->diagnosis)->slowest_phase = PHASE_EOD;
    t->queue_id = words(c, "4ABC");
    c->s->smtp.accepted_count++;
    quit(c);
}

static void play(struct script *c, enum case_kind kind)
{
    struct transaction *t;

    if (kind == CASE_ENCRYPTED) {
        encrypt(c);
        return;
    }
    if (kind == CASE_REJECTED) {
        t = envelope(c, 550, "5.1.1 User unknown");
        t->outcome = TX_REJECTED;
        find(c, "bad-sequence-503", SEVERITY_WARNING, PARTY_CLIENT, PHASE_DATA_INIT,
             "DATA was sent although no recipient was accepted.");
        add_evidence(c, t->data);
        add_evidence(c, t->data->facts->command.reply);
        ((struct diagnosis *)c->s->diagnosis)->outcome = OUTCOME_REJECTED;
        quit(c);
        return;
    }
    t = envelope(c, 250, "2.1.5 Ok");
    if (kind == CASE_RESET) {
        content(c, t, false);
        reset(c);
        return;
    }
    if (kind == CASE_LOSSY) {
        lose(c);
    }
    struct event *body = content(c, t, true);
    if (kind == CASE_NO_REPLY || kind == CASE_WAITING) {
        wait_for_reply(c, body, kind == CASE_WAITING);
    } else {
        deliver(c, t, body);
    }
}

struct session *report_case(enum case_kind kind, uint64_t id, int64_t start_ns, const char *wire)
{
    struct script c = {.s = session_new(id), .packet = id * 100, .now_ns = start_ns};
    struct diagnosis *d = arena_make(c.s->arena, struct diagnosis);

    c.s->diagnosis = d;
    d->outcome = OUTCOME_COMPLETED;
    d->slowest_reply_s = -1;
    d->phase = PHASE_QUIT;
    d->capture = CAPTURE_FULL;
    (void)!address_parse(&c.s->end[SIDE_CLIENT].address, "192.0.2.10");
    (void)!address_parse(&c.s->end[SIDE_SERVER].address, "198.51.100.25");
    c.s->end[SIDE_CLIENT].port = (uint16_t)(40000 + id % 20000);
    c.s->end[SIDE_SERVER].port = 25;
    c.s->mail_port = true;
    opening(&c, wire, "EHLO mx1.example.net");
    play(&c, kind);
    c.s->last = now(&c);
    c.s->ended = kind == CASE_WAITING ? SESSION_INPUT_ENDED : SESSION_CLOSED;
    c.s->capture_end_ns = c.now_ns;
    for (int side = 0; side < SIDES; side++) {
        struct tcp_side *t = &c.s->tcp.side[side];
        t->packets = 10;
        t->bytes = t->sent = t->acked = c.sent[side];
        t->ttl = side == SIDE_SERVER ? 51 : 64;
    }
    return c.s;
}

struct settings report_case_settings(void)
{
    static char name[] = "gw.pcap", program[] = "wiretale", verb[] = "read";
    static char *files[] = {name};
    static char *argv[] = {program, verb, name};
    static const double seconds[PHASE_COUNT] = {
        [PHASE_GREETING] = 300,  [PHASE_MAIL] = 300, [PHASE_RCPT] = 300,
        [PHASE_DATA_INIT] = 120, [PHASE_DATA] = 180, [PHASE_EOD] = 600,
    };
    struct settings settings = {
        .run = RUN_READ,
        .files = files,
        .file_count = 1,
        .since_ns = INT64_MIN,
        .until_ns = INT64_MAX,
        .redact = REDACT_ENVELOPE,
        .color = COLOR_NEVER,
        .argc = 3,
        .argv = argv,
    };

    for (int i = 0; i < PHASE_COUNT; i++) {
        settings.client_limit[i] = (struct phase_limit){seconds[i], LIMIT_FROM_RFC};
    }
    settings.server_limit = (struct phase_limit){300, LIMIT_FROM_RFC};
    return settings;
}

static size_t one_input(const struct source *s)
{
    (void)s;
    return 1;
}

static const struct source_input *the_input(const struct source *s, size_t index)
{
    (void)index;
    return &((const struct case_source *)s)->input;
}

static const struct source_class case_class = {.input_count = one_input, .input = the_input};

void case_source_init(struct case_source *s)
{
    *s = (struct case_source){
        .source = {&case_class},
        .input = {.name = "gw.pcap",
                  .linktype = 1,
                  .snaplen = 262144,
                  .size = 71884102,
                  .packets = 96417},
    };
}
