/* dialogue.h - one SMTP dialogue: both sides' bytes in, commands, replies and mails out.
 *
 * The owner feeds each side in stream order, and of the two sides first what the other one has
 * acknowledged. The client's next bytes can mean different things depending on a reply (content
 * after 354, a command otherwise): then the dialogue says SMTP_FEED_BLOCKED and the owner keeps the
 * bytes until a reply came.
 */
#ifndef DISSECT_SMTP_DIALOGUE_H
#define DISSECT_SMTP_DIALOGUE_H

#include "dissect/session.h"
#include "dissect/smtp/line.h"

enum smtp_feed_answer {
    SMTP_FEED_DONE,    /* all bytes used */
    SMTP_FEED_BLOCKED, /* feed->left must be offered again after the next reply */
    SMTP_FEED_TLS,     /* from feed->left on it is TLS */
    SMTP_FEED_DECIDED, /* server: a reply said what the client's bytes are: those that were kept
                          come first, then feed->left is offered again */
};

struct smtp_dialogue;

/* Writes into s, in whose memory it lives. */
struct smtp_dialogue *smtp_dialogue_new(struct session *s);
void smtp_dialogue_free(struct smtp_dialogue *d);
enum smtp_feed_answer smtp_dialogue_client(struct smtp_dialogue *d, struct smtp_feed *feed);
enum smtp_feed_answer smtp_dialogue_server(struct smtp_dialogue *d, struct smtp_feed *feed);
/* Bytes [offset, offset + missing) of a side were not captured. */
void smtp_dialogue_gap(struct smtp_dialogue *d, enum side side, uint64_t offset, uint64_t missing,
                       struct mark mark);
/* From here on the bytes come from inside TLS. Nothing said before holds any more (RFC 3207 section
 * 4.2); what is half-read of it is given up. */
void smtp_dialogue_enter_tls(struct smtp_dialogue *d);
/* The other side speaks TLS: a record of this one may begin where a line would, but not in content.
 */
void smtp_dialogue_expect_tls(struct smtp_dialogue *d, enum side side);
/* The client's next byte is message content. */
bool smtp_dialogue_in_content(const struct smtp_dialogue *d);
/* No reply will unblock the client's side any more (end, or too many bytes kept): from now on it
 * is read as what it looks like. */
void smtp_dialogue_unblock(struct smtp_dialogue *d);
/* The connection is over: what was read of unfinished lines is told, mails end. */
void smtp_dialogue_end(struct smtp_dialogue *d, struct mark last);
/* Nothing is expected soon: room that is empty is given back. */
void smtp_dialogue_rest(struct smtp_dialogue *d);
size_t smtp_dialogue_size(const struct smtp_dialogue *d);

#endif
