/* credentials.h - what was sent to log in must not come back in a reply. */
#ifndef DISSECT_SMTP_CREDENTIALS_H
#define DISSECT_SMTP_CREDENTIALS_H

#include "dissect/smtp/echo.h"

enum { CREDENTIALS = 16 };

/* Of one connection, the newest. Nothing of them can be read back. */
struct smtp_credentials {
    struct smtp_echo part[CREDENTIALS];
    uint8_t kind[CREDENTIALS];
    uint8_t next;
};

/* AUTH begins: LOGIN asks for the name first. */
enum smtp_credential_asked { CREDENTIAL_ANY, CREDENTIAL_NAME };

/* A line of an AUTH exchange as sent, base64 or not; a user name where one is asked for. */
void smtp_credentials_line(struct smtp_credentials *c, struct bytes line,
                           enum smtp_credential_asked asked);
/* What the server asked, as sent. */
void smtp_credentials_challenge(struct smtp_credentials *c, struct bytes text);
/* A user name. */
void smtp_credentials_name(struct smtp_credentials *c, struct bytes name);
void smtp_credentials_secret(struct smtp_credentials *c, struct bytes secret);
/* The text of a reply without them, in its place: a name becomes "...", at what was sent in base64
 * the text ends, and of one with a secret in it nothing is left, where those are looked for. Letter
 * case aside. */
struct bytes smtp_credentials_leave_out(const struct smtp_credentials *c, uint8_t *text, size_t len,
                                        bool secrets);

#endif
