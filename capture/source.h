/* source.h - "give me the next packet": one interface, several makers.
 *
 * Makers: source_file.h (pcap, pcapng, plain or compressed; files, stdin, FIFOs), source_merged.h
 * (several sources in order of time), source_live.h (interfaces), source_paced.h (another source at
 * its recorded speed).
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "capture/fail.h"
#include "capture/packet.h"

enum source_answer {
    SOURCE_PACKET,  /* *out is filled, valid until the next call */
    SOURCE_NOTHING, /* no packet now (live, paced): let the clock run, ask again; *out untouched */
    SOURCE_END,     /* no more; source_input says whether an input was damaged */
};

/* What the report says about one input. Pointers live as long as the source. */
struct source_input {
    const char *name; /* as given on the command line; "stdin" for '-' */
    bool is_interface;
    int linktype;            /* of the first packet's interface; -1 while unknown */
    uint32_t snaplen;        /* 0: none stated */
    uint64_t size;           /* bytes read of the input as stored */
    uint64_t size_whole;     /* of a file: how many there are; 0: not known */
    uint64_t packets, bytes; /* handed out so far; bytes as captured */
    uint64_t truncated;      /* packets whose captured length is below the wire length */
    struct mark first, last; /* earliest and latest packet time; packet 0 while none */
    bool nanoseconds;        /* the input states times finer than a microsecond */
    uint64_t backwards; /* packets more than 1 ms earlier than the one before (capture-clock) */
    bool drops_known;
    uint64_t dropped_kernel, dropped_interface; /* as the input or the kernel counted them */
    const char *damaged; /* NULL, or what broke, where ("ends inside packet 41703 (312 of 1514
                            bytes)"), as a clause that follows the name */
    char sha256[65];     /* of the input as stored, lower-case hex; "" unless hashing was asked for
                            and the end was reached */
};

struct source;

/* One maker's functions. */
struct source_class {
    enum source_answer (*next)(struct source *s, struct packet *out);
    size_t (*input_count)(const struct source *s);
    const struct source_input *(*input)(const struct source *s, size_t index);
    /* Fraction read, 0 to 1, or a negative number when unknown. */
    double (*progress)(const struct source *s);
    /* NULL, or: true when it was not asked yet and holds nothing until it is; *time_ns is then the
     * time of its first packet. */
    bool (*rests)(const struct source *s, int64_t *time_ns);
    void (*free)(struct source *s);
};

/* Every maker's struct begins with this. */
struct source {
    const struct source_class *class;
};

static inline enum source_answer source_next(struct source *s, struct packet *out)
{
    return s->class->next(s, out);
}

static inline size_t source_input_count(const struct source *s)
{
    return s->class->input_count(s);
}

static inline const struct source_input *source_input(const struct source *s, size_t index)
{
    return s->class->input(s, index);
}

static inline double source_progress(const struct source *s)
{
    return s->class->progress(s);
}

static inline bool source_rests(const struct source *s, int64_t *time_ns)
{
    return s->class->rests && s->class->rests(s, time_ns);
}

static inline void source_free(struct source *s)
{
    if (s) {
        s->class->free(s);
    }
}

#endif
