/* chain.h - everything behind the source, in order: dissect, diagnose, fleet, redact, writers.
 *
 *   packet -> chain_packet -> dissect_packet ... session over -> diagnose_session
 *          -> redact_findings -> fleet_add -> redact_session -> every writer -> the watcher
 *          -> session_free
 *
 * Nothing after redaction sees what was redacted.
 */
#ifndef REPORT_CHAIN_H
#define REPORT_CHAIN_H

#include "capture/source.h"
#include "dissect/dissect.h"
#include "report/writer.h"

/* Sees each finished session last: judged, redacted, written. Must not keep it. */
typedef void (*chain_watcher)(void *ctx, const struct session *s);

struct chain;

/* Opens the outputs of the settings. An output that cannot be opened is told (message) and counts
 * in the final status; the others go on. NULL with fail set when there is no point in going on. */
/* What this floor asks of the one below. */
struct dissect_options chain_dissect_options(const struct settings *settings);
struct chain *chain_new(const struct settings *settings, struct fail *fail);
/* Unfinished outputs are removed. */
void chain_free(struct chain *c);
void chain_watch(struct chain *c, chain_watcher watcher, void *ctx);

void chain_packet(struct chain *c, const struct packet *p);
/* Time went on without a packet. */
void chain_clock(struct chain *c, int64_t now_ns);
/* The capture lost packets between these moments. */
void chain_lost(struct chain *c, int64_t from_ns, int64_t until_ns);
struct dissect *chain_dissect(struct chain *c);
const struct fleet *chain_fleet(const struct chain *c);
const struct dissect_totals *chain_totals(const struct chain *c);
uint64_t chain_sessions(const struct chain *c); /* told so far */

/* The input ended: finishes the fleet and the outputs, prints the summary. complete: no signal cut
 * it short. Returns what the outputs and findings say: 0, 1 (--fail-on) or 6. */
enum status chain_end(struct chain *c, const struct source *source, bool complete);

#endif
