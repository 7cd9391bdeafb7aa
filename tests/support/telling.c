/* telling.c - a session as lines of text: what talks expect, and what cutting may not change. */
#include "tests/support/telling.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 72 }; /* of a text; longer ones end in "..." */

static const char *const side_letters[SIDES] = {"C", "S"};

void lines_free(struct lines *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->line[i]);
    }
    free(l->line);
    *l = (struct lines){0};
}

static void push(struct lines *l, char *line)
{
    l->line = realloc(l->line, (l->count + 1) * sizeof *l->line);
    if (l->line == NULL || line == NULL) {
        abort();
    }
    l->line[l->count++] = line;
}

static void put_text(FILE *f, struct text t, size_t shown)
{
    fputc('"', f);
    for (size_t i = 0; i < t.len && i < shown; i++) {
        unsigned char c = (unsigned char)t.s[i];
        if (c == '"' || c == '\\') {
            fprintf(f, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f) {
            fprintf(f, "\\x%02x", c);
        } else {
            fputc(c, f);
        }
    }
    fputs(t.len > shown ? "...\"" : "\"", f);
}

static void put_line_flags(FILE *f, unsigned flags)
{
    static const char *const names[] = {"bare-lf", "nul",          "control",  "eight-bit",
                                        "long",    "unterminated", "after-gap"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (flags & 1U << i) {
            fprintf(f, " %s", names[i]);
        }
    }
}

static const char *verb_name(unsigned verb)
{
    return verb == VERB_UNKNOWN ? "?" : verb_names[verb];
}

static bool of_a_mail(unsigned verb)
{
    return verb == VERB_MAIL || verb == VERB_RCPT || verb == VERB_DATA || verb == VERB_BDAT;
}

static void put_to(FILE *f, const struct reply_facts *r)
{
    switch ((enum reply_to)r->to) {
    case REPLY_TO_GREETING:
        fputs(" to=greeting", f);
        break;
    case REPLY_TO_COMMAND:
        fprintf(f, " to=%s",
                r->answers == NULL ? "NOTHING" : verb_name(r->answers->facts->command.verb));
        break;
    case REPLY_TO_CONTENT:
        fputs(" to=content", f);
        break;
    case REPLY_TO_AUTH:
        fputs(" to=auth", f);
        break;
    case REPLY_TO_CHUNK:
        fputs(" to=BDAT", f);
        break;
    case REPLY_TO_NOTHING:
        fputs(" to=unsolicited", f);
        break;
    case REPLY_TO_UNKNOWN:
        fputs(" to=unknown", f);
        break;
    }
}

static bool reply_of_a_mail(const struct reply_facts *r)
{
    if (r->to == REPLY_TO_COMMAND) {
        return r->answers != NULL && of_a_mail(r->answers->facts->command.verb);
    }
    return r->to == REPLY_TO_CONTENT || r->to == REPLY_TO_CHUNK;
}

static void put_reply(FILE *f, const struct reply_facts *r)
{
    static const char *const names[] = {"invalid", "inconsistent", "unfinished"};
    if (r->code != 0) {
        fprintf(f, " %03u", r->code);
    } else {
        fputs(" ---", f);
    }
    put_to(f, r);
    if (r->tx != NULL && reply_of_a_mail(r)) {
        fprintf(f, " n=%" PRIu32, r->tx->n);
    }
    if (r->lines != 1) {
        fprintf(f, " lines=%u", r->lines);
    }
    if (r->enhanced.class != 0) {
        fprintf(f, " enhanced=%u.%u.%u", r->enhanced.class, r->enhanced.subject,
                r->enhanced.detail);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (r->flags & 1U << i && !(i == 0 && r->code == 0)) {
            fprintf(f, " %s", names[i]);
        }
    }
    put_line_flags(f, r->line_flags);
    fputc(' ', f);
    put_text(f, r->text, SHOWN);
}

static void put_command(FILE *f, const struct command_facts *c)
{
    fprintf(f, " %s", verb_name(c->verb));
    if (c->tx != NULL && of_a_mail(c->verb)) {
        fprintf(f, " n=%" PRIu32, c->tx->n);
    }
    if (c->verb == VERB_BDAT) {
        if (c->chunk_bad) {
            fputs(" bad", f);
        } else {
            fprintf(f, " chunk=%" PRIu64 "%s", c->chunk_len, c->chunk_last ? " last" : "");
        }
    }
    put_line_flags(f, c->line_flags);
    if (c->line_flags & LINE_LONG) {
        fprintf(f, " octets=%" PRIu32, c->line_len);
    }
    fputc(' ', f);
    put_text(f, c->text, SHOWN);
}

static void put_content(FILE *f, const struct content_facts *c, bool chunk)
{
    if (c->tx != NULL) {
        fprintf(f, " n=%" PRIu32, c->tx->n);
    }
    fprintf(f, " bytes=%" PRIu64, c->bytes);
    if (!chunk) {
        fprintf(f, " lines=%" PRIu64, c->lines);
    }
    if (c->missing != 0) {
        fprintf(f, " missing=%" PRIu64, c->missing);
    }
    if (c->bare_lf != 0) {
        fprintf(f, " bare-lf=%" PRIu64, c->bare_lf);
    }
    if (c->bare_cr != 0) {
        fprintf(f, " bare-cr=%" PRIu64, c->bare_cr);
    }
    if (c->ambiguous_count != 0) {
        fprintf(f, " ambiguous=%s.%s%s", line_end_names[c->ambiguous.before],
                line_end_names[c->ambiguous.after], c->ambiguous.command_follows ? "+command" : "");
    }
    fputs(c->eight_bit ? " 8bit" : "", f);
    fputs(c->complete ? " complete" : " incomplete", f);
    fputs(c->last ? " last" : "", f);
}

static bool is_tls(const struct event *e)
{
    return e->kind == EVENT_TLS || e->kind == EVENT_TLS_RUN;
}

/* The event behind its kind; false: talks do not look at this one. */
static bool put_event(FILE *f, const struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_REPLY:
        fputs("S reply", f);
        put_reply(f, &e->facts->reply);
        return true;
    case EVENT_COMMAND:
        fputs("C command", f);
        put_command(f, &e->facts->command);
        return true;
    case EVENT_AUTH:
        fprintf(f, "C auth%s", e->facts->auth.cancelled ? " cancelled" : "");
        return true;
    case EVENT_CONTENT:
        fputs("C content", f);
        put_content(f, &e->facts->content, false);
        return true;
    case EVENT_CHUNK:
        fputs("C chunk", f);
        put_content(f, &e->facts->content, true);
        return true;
    case EVENT_GAP:
        fprintf(f, "%s gap bytes=%" PRIu64 "%s%s", side_letters[e->side], e->facts->gap.missing,
                e->facts->gap.acked ? "" : " unacked", e->facts->gap.snapped ? " snapped" : "");
        return true;
    case EVENT_TLS:
    case EVENT_TLS_RUN:
        fprintf(f, "%s tls", side_letters[e->side]);
        return true;
    case EVENT_OPAQUE:
        fprintf(f, "%s opaque bytes=%" PRIu64, side_letters[e->side], e->facts->opaque_bytes);
        return true;
    case EVENT_SYN:
    case EVENT_SYNACK:
    case EVENT_REFUSED:
    case EVENT_FIN:
    case EVENT_RST:
    case EVENT_ICMP:
    case EVENT_RETRANSMIT:
    case EVENT_ZERO_WINDOW:
    case EVENT_CONFLICT:
    case EVENT_LIMIT:
    case EVENT_KINDS:
        break;
    }
    return false;
}

static void tell_events(struct lines *l, const struct session *s)
{
    const struct event *before = NULL;
    for (const struct event *e = s->events; e != NULL; e = e->next) {
        if (before != NULL && is_tls(e) && is_tls(before) && e->side == before->side) {
            continue; /* how a handshake is divided into events is not what talks are about */
        }
        char *line = NULL;
        size_t len;
        FILE *f = open_memstream(&line, &len);
        bool told = put_event(f, e);
        fclose(f);
        if (told) {
            push(l, line);
            before = e;
        } else {
            free(line);
        }
    }
}

static void __attribute__((format(printf, 2, 3))) tell(struct lines *l, const char *format, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&line, format, args) < 0) {
        abort();
    }
    va_end(args);
    push(l, line);
}

static void put_path(FILE *f, struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.s[i];
        fprintf(f, c > 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
    }
}

static void put_transaction(FILE *f, const struct transaction *t)
{
    static const char *const methods[] = {"none", "data", "bdat"};
    fprintf(f, "tx %" PRIu32 " ", t->n);
    if (t->mail == NULL && t->from.len == 0) {
        fputc('?', f);
    }
    put_path(f, t->from);
    fprintf(f, " %s %s", tx_outcome_names[t->outcome], methods[t->method]);
    if (t->method != METHOD_NONE) {
        fprintf(f, " bytes=%" PRIu64, t->bytes);
    }
    if (t->final != NULL) {
        fprintf(f, " code=%03u", t->final->facts->reply.code);
    }
    if (t->queue_id.len > 0) {
        fprintf(f, " queue=%.*s", (int)t->queue_id.len, t->queue_id.s);
    }
    if (t->params.len > 0) {
        fputs(" params=", f);
        put_text(f, t->params, SHOWN);
    }
    if (t->uncertain) {
        fputs(" uncertain", f);
    }
}

static void put_recipient(FILE *f, const struct transaction *t, const struct recipient *r)
{
    fprintf(f, "rcpt %" PRIu32 " ", t->n);
    put_path(f, r->to);
    if (r->code == 0) {
        fputs(" -", f);
    } else {
        fprintf(f, " %03u", r->code);
    }
    if (r->enhanced.class != 0) {
        fprintf(f, " %u.%u.%u", r->enhanced.class, r->enhanced.subject, r->enhanced.detail);
    }
    if (r->params.len > 0) {
        fputs(" params=", f);
        put_text(f, r->params, SHOWN);
    }
}

static void tell_transactions(struct lines *l, const struct session *s)
{
    for (const struct transaction *t = s->smtp.transactions; t != NULL; t = t->next) {
        char *line = NULL;
        size_t len;
        FILE *f = open_memstream(&line, &len);
        put_transaction(f, t);
        fclose(f);
        push(l, line);
        for (const struct recipient *r = t->recipients; r != NULL; r = r->next) {
            f = open_memstream(&line, &len);
            put_recipient(f, t, r);
            fclose(f);
            push(l, line);
        }
    }
}

static void tell_keywords(struct lines *l, const struct session *s)
{
    char *line = NULL;
    size_t len;
    FILE *f = open_memstream(&line, &len);
    fputs("keywords", f);
    const char *between = " ";
    for (const struct keyword *k = s->smtp.keywords; k != NULL; k = k->next) {
        fprintf(f, "%s%.*s", between, (int)k->text.len, k->text.s);
        between = "|";
    }
    fclose(f);
    push(l, line);
}

static void tell_facts(struct lines *l, const struct session *s)
{
    const struct smtp_facts *m = &s->smtp;
    tell(l, "helo %.*s", (int)m->helo.len, m->helo.len ? m->helo.s : "");
    tell(l, "esmtp %s", m->esmtp ? "yes" : "no");
    tell_keywords(l, s);
    if (m->auth == AUTH_NONE) {
        tell(l, "auth none");
    } else {
        tell(l, "auth %.*s %s%s", (int)m->auth_mechanism.len,
             m->auth_mechanism.len ? m->auth_mechanism.s : "", auth_outcome_names[m->auth],
             m->auth_in_clear ? " clear" : "");
    }
    tell(l, "starttls %s", m->starttls == NULL ? "no" : "yes");
    if (s->tls.version == 0) {
        tell(l, "tls %s", tls_use_names[m->tls]);
    } else {
        tell(l, "tls %s 0x%04x 0x%04x", tls_use_names[m->tls], s->tls.version, s->tls.cipher);
    }
    tell(l, "outstanding %" PRIu64, m->outstanding);
    tell(l, "spoken %s", m->spoken ? "yes" : "no");
    tell(l, "not-smtp %s", s->not_smtp ? "yes" : "no");
}

struct lines telling_compact(const struct session *s)
{
    struct lines l = {0};
    tell_events(&l, s);
    tell_transactions(&l, s);
    tell_facts(&l, s);
    return l;
}

bool telling_is_optional(const char *line)
{
    static const char *const words[] = {"helo ",        "esmtp ",    "keywords",
                                        "auth ",        "starttls ", "tls ",
                                        "outstanding ", "spoken ",   "not-smtp "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(line, words[i], strlen(words[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void put_more(FILE *f, const struct event *e)
{
    if (e->kind == EVENT_REPLY) {
        const struct reply_facts *r = &e->facts->reply;
        fprintf(f, " longest=%" PRIu32 " full=", r->longest);
        put_text(f, r->full, SIZE_MAX);
        put_text(f, r->text, SIZE_MAX);
        if (r->answers != NULL) {
            fprintf(f, " answers=%" PRIu64, r->answers->offset);
        }
    } else if (e->kind == EVENT_COMMAND) {
        const struct command_facts *c = &e->facts->command;
        fprintf(f, " len=%" PRIu32 " group=%d tls=%d", c->line_len, c->known_group, c->tls);
        put_text(f, c->word, SIZE_MAX);
        put_text(f, c->text, SIZE_MAX);
    } else if (e->kind == EVENT_AUTH) {
        fprintf(f, " len=%" PRIu32 " malformed=%d", e->facts->auth.line_len,
                e->facts->auth.malformed);
    } else if (e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK) {
        const struct content_facts *c = &e->facts->content;
        fprintf(f, " lines=%" PRIu64 " segments=%" PRIu32 " longest=%" PRIu32 " first-lf=%" PRIu64,
                c->lines, c->segments, c->longest_line, c->first_bare_lf);
        fprintf(f, " end=%" PRIu64 " stuffed=%" PRIu64 " dots=%" PRIu64, c->end.packet, c->stuffed,
                c->single_dots);
        fprintf(f, " ambiguous=%" PRIu32 "@%" PRIu64, c->ambiguous_count, c->ambiguous.offset);
    } else if (e->kind == EVENT_TLS) {
        const struct tls_event_facts *t = &e->facts->tls;
        fprintf(f, " record=%u message=%u alert=%u/%u encrypted=%d version=%04x len=%" PRIu32,
                t->record_type, t->message, t->level, t->description, t->encrypted, t->version,
                t->len);
    } else if (e->kind == EVENT_TLS_RUN) {
        fprintf(f, " type=%u records=%" PRIu64 " bytes=%" PRIu64, e->facts->run.record_type,
                e->facts->run.records, e->facts->run.bytes);
    } else if (e->kind == EVENT_LIMIT) {
        fprintf(f, " %s", e->facts->limit.name);
    }
}

char *telling_full(const struct session *s)
{
    char *all = NULL;
    size_t len;
    FILE *f = open_memstream(&all, &len);
    for (const struct event *e = s->events; e != NULL; e = e->next) {
        fprintf(f, "%u @%" PRIu64 "-%" PRIu64 " ack %" PRIu64 " packets %" PRIu64 "-%" PRIu64 " ",
                e->kind, e->offset, e->end, e->peer_ack, e->first.packet, e->last.packet);
        put_event(f, e);
        put_more(f, e);
        fputc('\n', f);
    }
    struct lines l = {0};
    tell_transactions(&l, s);
    tell_facts(&l, s);
    for (size_t i = 0; i < l.count; i++) {
        fprintf(f, "%s\n", l.line[i]);
    }
    lines_free(&l);
    const struct smtp_facts *m = &s->smtp;
    fprintf(f, "commands %" PRIu32 " replies %" PRIu32 " first %" PRIu64 " %" PRIu64 "\n",
            m->commands, m->replies, m->first_client.packet, m->first_server.packet);
    fclose(f);
    return all;
}

static struct event *reply_of(const struct event *e)
{
    switch (e->kind) {
    case EVENT_COMMAND:
        return e->facts->command.reply;
    case EVENT_AUTH:
        return e->facts->auth.reply;
    case EVENT_CONTENT:
    case EVENT_CHUNK:
        return e->facts->content.reply;
    default:
        return NULL;
    }
}

static bool carries_bytes(const struct event *e)
{
    return e->kind == EVENT_REPLY || e->kind == EVENT_COMMAND || e->kind == EVENT_AUTH ||
           e->kind == EVENT_CONTENT || e->kind == EVENT_CHUNK;
}

const char *telling_contradiction(const struct session *s)
{
    uint64_t end[SIDES] = {0, 0};
    for (const struct event *e = s->events; e != NULL; e = e->next) {
        if (carries_bytes(e)) {
            if (e->offset > e->end) {
                return "an event ends before it begins";
            }
            if (e->offset < end[e->side]) {
                return "two events of one side claim the same bytes";
            }
            end[e->side] = e->end;
        }
        if (e->kind == EVENT_REPLY && e->facts->reply.answers != NULL &&
            (e->facts->reply.flags & REPLY_UNFINISHED) == 0 &&
            reply_of(e->facts->reply.answers) == NULL) {
            return "a reply answers something that does not know its reply";
        }
        const struct event *reply = reply_of(e);
        if (reply != NULL && reply->kind != EVENT_REPLY) {
            return "something was answered by what is no reply";
        }
    }
    for (const struct transaction *t = s->smtp.transactions; t != NULL; t = t->next) {
        for (const struct recipient *r = t->recipients; r != NULL; r = r->next) {
            if (r->command != NULL && r->command->facts->command.reply != NULL &&
                r->command->facts->command.reply->facts->reply.code != r->code) {
                return "a recipient and its command have different replies";
            }
        }
        if (t->outcome == TX_ACCEPTED &&
            (t->final == NULL || t->final->facts->reply.code / 100 != 2)) {
            return "accepted without a 2xx final reply";
        }
    }
    return NULL;
}

static bool text_holds(struct text t, const char *needle)
{
    return t.len > 0 && memmem(t.s, t.len, needle, strlen(needle)) != NULL;
}

static bool event_holds(const struct event *e, const char *needle)
{
    if (e->kind == EVENT_REPLY) {
        return text_holds(e->facts->reply.text, needle) || text_holds(e->facts->reply.full, needle);
    }
    if (e->kind == EVENT_COMMAND) {
        return text_holds(e->facts->command.text, needle) ||
               text_holds(e->facts->command.word, needle);
    }
    return false;
}

bool telling_holds(const struct session *s, const char *needle)
{
    for (const struct event *e = s->events; e != NULL; e = e->next) {
        if (event_holds(e, needle)) {
            return true;
        }
    }
    for (const struct transaction *t = s->smtp.transactions; t != NULL; t = t->next) {
        for (const struct recipient *r = t->recipients; r != NULL; r = r->next) {
            if (text_holds(r->to, needle) || text_holds(r->params, needle)) {
                return true;
            }
        }
        if (text_holds(t->from, needle) || text_holds(t->params, needle) ||
            text_holds(t->queue_id, needle)) {
            return true;
        }
    }
    for (const struct keyword *k = s->smtp.keywords; k != NULL; k = k->next) {
        if (text_holds(k->text, needle)) {
            return true;
        }
    }
    return text_holds(s->smtp.helo, needle) || text_holds(s->smtp.auth_mechanism, needle);
}
