/* mechanism.h - names of SASL mechanisms. RFC 4422 section 3.1, RFC 4954. */
#ifndef DISSECT_SMTP_MECHANISM_H
#define DISSECT_SMTP_MECHANISM_H

#include "dissect/session.h"

/* The word that stands where AUTH names its mechanism is one: it is registered, or this server has
 * offered it. Any other may be a credential. Letter case aside. */
bool smtp_mechanism_is_known(const struct smtp_facts *smtp, struct bytes word);

#endif
