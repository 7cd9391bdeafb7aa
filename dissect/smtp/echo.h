/* echo.h - whether a reply repeats what the client sent, without keeping what that was. */
#ifndef DISSECT_SMTP_ECHO_H
#define DISSECT_SMTP_ECHO_H

#include "capture/bytes.h"

/* Enough to recognize a word, too little to tell it. */
struct smtp_echo {
    uint16_t hash;
    uint8_t len; /* of the word, cut; 0: nothing to recognize */
};

/* Of the first word of a text. */
struct smtp_echo smtp_echo_of(struct bytes text);
/* Of all of it, blanks included; of very long ones the beginning. */
struct smtp_echo smtp_echo_of_all(struct bytes text);
/* Where it stands from there on, between the edges of words, letter case aside; text.len: nowhere.
 */
size_t smtp_echo_find(struct smtp_echo e, struct bytes text, size_t from);
/* The text before the first place that looks like it, letter case aside. */
struct bytes smtp_echo_cut(struct smtp_echo e, struct bytes text);

#endif
