/* silence.h - what an open session waits for, and since when. */
#ifndef REPORT_LIVE_SILENCE_H
#define REPORT_LIVE_SILENCE_H

#include "dissect/session.h"
#include "report/settings.h"

struct silence {
    int64_t since_ns;
    enum phase phase;
    double limit_s;   /* 0: none applies */
    const char *what; /* "reply to end of data": our words only */
};

/* False when nobody keeps the other side waiting, or nobody can tell. */
bool silence_of(const struct settings *settings, const struct session *s, struct silence *out);

#endif
