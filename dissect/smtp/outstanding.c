/* outstanding.c - which command a reply answers.
 *
 * Replies come in the order of the commands (RFC 5321 section 4.3.1, RFC 2920 section 3.1), so the
 * oldest outstanding one is answered: as long as every byte was captured. A reply cannot answer a
 * command that its sender had not received when it sent the reply: the acknowledgement number in
 * the reply's packet tells.
 *
 * After a gap replies may be missing. Then codes that only one kind of command can get (354, 334,
 * 235, 221, 220) find the place again; what stays ambiguous is not assigned at all.
 */
#include <stdlib.h>
#include <string.h>

#include "dissect/limits.h"
#include "dissect/smtp/dialogue_state.h"

struct pending *smtp_outstanding_at(struct smtp_dialogue *d, uint32_t index)
{
    return &d->queue[(d->queue_head + index) & (d->queue_size - 1)];
}

static bool grow(struct smtp_dialogue *d)
{
    uint32_t size = d->queue_size ? d->queue_size * 2 : 2;
    struct pending *more;

    if (d->queue_count >= LIMIT_OUTSTANDING || !(more = malloc(size * sizeof *more))) {
        return false;
    }
    for (uint32_t i = 0; i < d->queue_count; i++) {
        more[i] = *smtp_outstanding_at(d, i);
    }
    free(d->queue);
    d->queue = more;
    d->queue_head = 0;
    d->queue_size = size;
    return true;
}

static void drop(struct smtp_dialogue *d, uint32_t count)
{
    d->queue_head = (d->queue_head + count) & (d->queue_size - 1);
    d->queue_count -= count;
}

/* One too many. It and all behind it are counted, so that their replies answer nobody else. */
static void drop_new(struct smtp_dialogue *d)
{
    d->dropped++;
    session_limit(d->s, REACHED_OUTSTANDING, SIDE_CLIENT, d->last[SIDE_CLIENT]);
}

void smtp_outstanding_push(struct smtp_dialogue *d, const struct pending *p)
{
    if (d->dropped || (d->queue_count == d->queue_size && !grow(d))) {
        drop_new(d);
        return;
    }
    if (d->uncertain && d->queue_count == 0 && p->peer_ack >= d->server_gap_end &&
        p->peer_ack >= d->read[SIDE_SERVER] &&
        (d->read[SIDE_SERVER] > d->server_at_gap || !d->client_gap)) {
        /* Lock step: the client saw every reply before it sent this, nothing else can be answered
         * next. */
        d->uncertain = d->client_gap = false;
    }
    *smtp_outstanding_at(d, d->queue_count) = *p;
    if (d->uncertain && p->peer_ack < d->server_gap_end) {
        /* Sent before the client had all of the gap: its reply may be in there as well. */
        smtp_outstanding_at(d, d->queue_count)->maybe_lost = true;
    }
    d->queue_count++;
}

void smtp_outstanding_put_back(struct smtp_dialogue *d, const struct pending *p)
{
    if (p->to == REPLY_TO_GREETING || d->queue_count >= d->queue_size) {
        return;
    }
    d->queue_head = (d->queue_head + d->queue_size - 1) & (d->queue_size - 1);
    d->queue_count++;
    *smtp_outstanding_at(d, 0) = *p;
}

void smtp_outstanding_doubt(struct smtp_dialogue *d)
{
    d->uncertain = true;
    for (uint32_t i = 0; i < d->queue_count; i++) {
        smtp_outstanding_at(d, i)->maybe_lost = true;
    }
}

/* Only this kind of command can get this code; used when replies may be missing. */
static bool only_for(uint16_t code, const struct pending *p)
{
    switch (code) {
    case 354:
        return p->verb == VERB_DATA && p->to == REPLY_TO_COMMAND;
    case 334:
    case 235:
        return p->verb == VERB_AUTH || p->to == REPLY_TO_AUTH;
    case 221:
        return p->verb == VERB_QUIT;
    case 220:
        return p->verb == VERB_STARTTLS || p->verb == VERB_XCLIENT;
    default:
        return false;
    }
}

static bool is_specific(uint16_t code)
{
    return code == 354 || code == 334 || code == 235 || code == 221 || code == 220;
}

static bool possible_for(uint16_t code, const struct pending *p)
{
    bool positive = code < 400;

    if (p->to != REPLY_TO_COMMAND) {
        return !(positive && p->to == REPLY_TO_AUTH);
    }
    return !positive || (p->verb != VERB_DATA && p->verb != VERB_QUIT && p->verb != VERB_AUTH &&
                         p->verb != VERB_STARTTLS);
}

/* Its reply may be in the gap, and this one be meant for a command that was not captured either,
 * or, 421, for none. What was lost after a client had asked to send its message, or had begun it,
 * holds the answer to that: a refusal behind it may be meant for a client that says nothing any
 * more (Exchange: 451). */
static bool may_be_for_lost(const struct smtp_dialogue *d, uint16_t code, const struct pending *p)
{
    return p->maybe_lost && !is_specific(code) &&
           (code == 421 || p->end < d->client_gap_end ||
            (code >= 400 && (p->to == REPLY_TO_CONTENT || p->verb == VERB_DATA)));
}

/* With care: replies before this one may not have been captured. */
static bool take_uncertain(struct smtp_dialogue *d, uint16_t code, uint64_t peer_ack,
                           struct pending *out)
{
    uint32_t candidates = 0, first = 0, fresh = UINT32_MAX;

    for (uint32_t i = 0; i < d->queue_count; i++) {
        const struct pending *p = smtp_outstanding_at(d, i);
        if (p->end > peer_ack) {
            break;
        }
        if (is_specific(code) ? only_for(code, p) : possible_for(code, p)) {
            if (candidates++ == 0) {
                first = i;
            }
            if (fresh == UINT32_MAX && !p->maybe_lost && p->peer_ack >= d->server_gap_end) {
                fresh = i;
            }
        }
    }
    if (candidates == 0) {
        return false;
    }
    if (fresh == UINT32_MAX && may_be_for_lost(d, code, smtp_outstanding_at(d, first))) {
        drop(d, first + (code != 421));
        return false;
    }
    if (candidates > 1 && !is_specific(code) && fresh == UINT32_MAX) {
        drop(d, 1); /* one of them was answered; which one is not known */
        return false;
    }
    if (candidates > 1 && fresh != UINT32_MAX) {
        first = fresh;
    }
    *out = *smtp_outstanding_at(d, first);
    drop(d, first + 1);
    return true;
}

/* A server that left a command unanswered: 354 is for DATA, 334 and 235 for AUTH, whatever stands
 * before them. */
static bool skips_ahead(struct smtp_dialogue *d, uint16_t code)
{
    if ((code != 354 && code != 334 && code != 235) || only_for(code, smtp_outstanding_at(d, 0))) {
        return false;
    }
    for (uint32_t i = 1; i < d->queue_count; i++) {
        if (only_for(code, smtp_outstanding_at(d, i))) {
            return true;
        }
    }
    return false;
}

bool smtp_outstanding_take(struct smtp_dialogue *d, uint16_t code, uint64_t peer_ack,
                           struct pending *out, bool *unknown)
{
    bool taken;

    *unknown = false;
    if (d->queue_count == 0 && d->dropped) {
        d->dropped--;
        *unknown = true;
        return false;
    }
    if (d->uncertain) {
        taken = take_uncertain(d, code, peer_ack, out);
        *unknown = !taken;
        return taken;
    }
    if (d->queue_count == 0 || smtp_outstanding_at(d, 0)->end > peer_ack) {
        /* The server had received bytes of the client that we have not: it answers those. */
        *unknown = d->queue_count == 0 && peer_ack > d->read[SIDE_CLIENT];
        return false;
    }
    if (skips_ahead(d, code)) {
        return take_uncertain(d, code, peer_ack, out);
    }
    *out = *smtp_outstanding_at(d, 0);
    drop(d, 1);
    return true;
}
