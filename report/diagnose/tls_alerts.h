/* tls_alerts.h - what an alert of TLS means, and whom it speaks against: data/tls_alerts.tsv. */
#ifndef REPORT_DIAGNOSE_TLS_ALERTS_H
#define REPORT_DIAGNOSE_TLS_ALERTS_H

#include "report/diagnose/finding.h"

struct alert_row {
    uint8_t description;
    const char *rule;             /* NULL: it ends nothing */
    enum party points_to[SIDES];  /* by who sent it */
    const char *suspected[SIDES]; /* what is usually behind it, by who sent it; "": nobody knows */
};

/* Never NULL: one that is not in the table is something that was wrong with what the other side
 * sent. */
const struct alert_row *tls_alert_row(uint8_t description);

#endif
