/* writer.h - begin, session, end: one report format.
 *
 * Writers stream: memory does not grow with the number of sessions. They only read; what they are
 * handed is redacted already. Write errors are checked once, at end.
 */
#ifndef REPORT_WRITER_H
#define REPORT_WRITER_H

#include "capture/source.h"
#include "report/diagnose/fleet.h"

/* Known at the end. */
struct report_end {
    const struct source *source;   /* inputs: names, counts, hashes, damage */
    const struct fleet *fleet;
    uint64_t packets, bytes, mail_packets, truncated_packets;
    uint64_t sessions;             /* told */
    uint64_t limits[LIMITS];       /* how often each was reached (dissect/dissect.h) */
    uint64_t limits_reached;       /* all together */
    struct mark first, last;       /* of the capture */
    bool complete;                 /* false: interrupted by a signal */
};

struct writer;
struct writer_class {
    const char *name;              /* "json" */
    void (*begin)(struct writer *w, const struct settings *settings);
    void (*session)(struct writer *w, const struct session *s);
    /* Writes the rest, flushes, renames into place. False with fail (STATUS_NOT_WRITTEN). */
    bool (*end)(struct writer *w, const struct report_end *end, struct fail *fail);
    void (*free)(struct writer *w); /* before end: removes the temporary file */
};
struct writer {
    const struct writer_class *class;
    const struct settings *settings;
};

#endif
