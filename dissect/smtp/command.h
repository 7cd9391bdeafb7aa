/* command.h - one command line: its verb and what its arguments say. RFC 5321 section 4.1. */
#ifndef DISSECT_SMTP_COMMAND_H
#define DISSECT_SMTP_COMMAND_H

#include "dissect/event.h"

struct smtp_command {
    enum verb verb;
    struct bytes word;      /* the verb as sent */
    struct bytes arguments; /* behind it, blanks trimmed */
    bool well_formed;       /* the arguments look as the verb wants them: enough to find one's place
                               again after a gap, not a judgement */
    /* MAIL, RCPT and the like: */
    struct bytes path; /* with its angle brackets, as sent */
    struct bytes parameters;
    /* AUTH: */
    struct bytes mechanism;
    struct bytes response; /* the initial response; empty: none */
    /* BDAT: */
    uint64_t chunk_len;
    bool chunk_last, chunk_bad;
};

/* Reads a line without its line end. Views point into it. */
void smtp_command_read(struct bytes line, struct smtp_command *out);
/* Value of a parameter ("SIZE") in a blank-separated list; false when it is not there. */
bool smtp_command_parameter(struct bytes parameters, const char *name, struct bytes *value);
/* The protocol that a first line belongs to which is no command of SMTP: "HTTP"; NULL: unknown. */
const char *smtp_command_foreign(struct bytes line);
/* The header of a load balancer that speaks for the client (PROXY protocol, version 1). */
bool smtp_command_is_proxy(struct bytes line);
/* A line of an AUTH exchange as RFC 4954 section 4 wants it; an empty one and "=" are. */
bool smtp_command_is_base64(struct bytes line);

#endif
