/* tls_alerts.c - the table of alerts, made from data/tls_alerts.tsv. */
#include "report/diagnose/tls_alerts.h"

static const struct alert_row rows[] = {
#include "report/diagnose/alert_rows.h"
};

static const struct alert_row other = {
    0, "tls-alert-other", {PARTY_SERVER, PARTY_CLIENT}, {"", ""}};

const struct alert_row *tls_alert_row(uint8_t description)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].description == description) {
            return &rows[i];
        }
    }
    return &other;
}
