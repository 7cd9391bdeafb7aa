/* login.h - who logs in, as a number: enough to say that it is the same user again, and no more. */
#ifndef DISSECT_SMTP_LOGIN_H
#define DISSECT_SMTP_LOGIN_H

#include "capture/bytes.h"

/* From the first response of an AUTH exchange (RFC 4954 section 4), base64 as sent, the user's name
 * hashed with a key that nobody knows and that lives as long as the run: equal for equal names,
 * upper and lower case alike. The name is forgotten at once; of a password no octet is gathered.
 * 0: the mechanism or the response is not one that we read. */
uint64_t smtp_login_user(struct bytes mechanism, struct bytes response);

#endif
