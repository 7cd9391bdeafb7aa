/* sweep.h - room in a full table: what is worth least is forgotten, many entries at once.
 *
 * For tables in which every session looks up its entries, where table.h, which keeps them in order
 * all the time, would touch two more of them each time. Here an entry only notes when it was met;
 * who goes is found out when the table is full. What is worth least goes, and of that what was not
 * met for the longest time: by what was met, never by where hashes put it, so that what is read
 * twice is told alike.
 */
#ifndef REPORT_DIAGNOSE_SWEEP_H
#define REPORT_DIAGNOSE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Classes of worth: 0 goes first. */
enum sweep_class { SWEEP_ONCE, SWEEP_SOMETHING, SWEEP_KNOWN };

/* Most newcomers to a full table come once, go well and never come again. They are not even let in
 * before they come a second time: of the first only this is kept. */
enum { SWEEP_MET = 8192 };
struct sweep_met {
    uint64_t hash[SWEEP_MET];
};
/* False: it comes for the first time, or so long ago that it was forgotten. */
bool sweep_met_before(struct sweep_met *m, uint64_t hash);

/* Class and moment as one number. met: of the entry; now: of the one met last. Those just met stay:
 * who looked them up still holds them. */
uint64_t sweep_worth(enum sweep_class class, uint64_t met, uint64_t now);
/* Entries worth no more than this go: `count` of n. 0: none, there is no memory to find out. worth
 * is not changed. */
uint64_t sweep_limit(const uint64_t *worth, size_t n, size_t count);

#endif
