/* inputs.h - the captures named on the command line as one source, and what they say at the end. */
#ifndef REPORT_INPUTS_H
#define REPORT_INPUTS_H

#include "capture/source.h"
#include "report/period.h"

struct inputs {
    struct source *source; /* owned; NULL: none could be opened */
    size_t unreadable;     /* of several, that many could not */
    bool refused;          /* a report would replace one of them: nothing is read or written */
    struct period period;  /* packets outside it are not looked at */
    bool period_known;     /* set by the first packet */
    int64_t last_ns;       /* of the capture, when the period counts from its end */
};

/* Opens what the settings name. What cannot be opened is told. False: nothing could. */
bool inputs_open(struct inputs *in, const struct settings *settings);
void inputs_close(struct inputs *in);

/* By the first packet's time. */
void inputs_resolve_period(struct inputs *in, const struct settings *settings, int64_t first_ns);

/* Whether the packet lies in the period. */
static inline bool inputs_wanted(struct inputs *in, const struct settings *settings,
                                 const struct packet *p)
{
    if (!in->period_known) {
        inputs_resolve_period(in, settings, p->mark.time_ns);
    }
    return period_holds(&in->period, p->mark.time_ns);
}

/* What the inputs say of packets that were dropped, for those who judge (loss.h). At the end. */
void inputs_learn_drops(const struct source *source);

/* Tells what was damaged, lost or left out, one line each. Returns STATUS_DAMAGED then, else
 * STATUS_DONE. */
enum status inputs_tell(const struct source *source, size_t unreadable);

/* "gw.pcap", "gw.pcap and 2 more", in out. */
const char *inputs_name(const struct settings *settings, char *out, size_t size);

#endif
