/* listing.h - names of inputs, with the files of a directory in its place. */
#ifndef CAPTURE_LISTING_H
#define CAPTURE_LISTING_H

#include "capture/fail.h"

struct listing_entry {
    char *path;
    bool found; /* in a directory, not named by anybody */
};

/* Zero is its beginning. */
struct listing {
    struct listing_entry *entries;
    size_t count, room;
};

/* Adds path or, where it is a directory, the files directly in it, sorted by name: no hidden ones,
 * no directories, no devices; links that lead nowhere are named, for somebody meant them. False with fail set when it cannot be listed. */
bool listing_add(struct listing *l, const char *path, struct fail *fail);
void listing_reset(struct listing *l);
/* The name says that it is a capture: "gw.pcap", "gw.pcap12", "gw.pcapng.gz", "gw.cap-20260310". */
bool listing_names_capture(const char *path);

#endif
