/* settings.c - what holds when nobody says otherwise. */
#include "report/settings.h"

void settings_defaults(struct settings *s)
{
    static const struct {
        enum phase phase;
        double seconds;
        enum limit_origin origin;
    } limits[] = {
        {PHASE_GREETING, 300, LIMIT_FROM_RFC},  /* RFC 5321 section 4.5.3.2.1 */
        {PHASE_MAIL, 300, LIMIT_FROM_RFC},      /* .2 */
        {PHASE_RCPT, 300, LIMIT_FROM_RFC},      /* .3 */
        {PHASE_DATA_INIT, 120, LIMIT_FROM_RFC}, /* .4 */
        {PHASE_DATA, 180, LIMIT_FROM_RFC},      /* .5 */
        {PHASE_EOD, 600, LIMIT_FROM_RFC},       /* .6 */
        /* The RFC has none for these; mail servers use 300. */
        {PHASE_EHLO, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_STARTTLS, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_TLS, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_AUTH, 300, LIMIT_FROM_CATALOGUE},
        {PHASE_QUIT, 300, LIMIT_FROM_CATALOGUE},
    };
    *s = (struct settings){
        .ports = {25, 465, 587},
        .port_count = 3,
        .speed = 1,
        .since_ns = INT64_MIN,
        .until_ns = INT64_MAX,
        .steps = STEPS_FLAGGED,
        .redact = REDACT_ENVELOPE,
        .server_limit = {300, LIMIT_FROM_RFC}, /* .7 */
        .color = COLOR_AUTO,
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        s->client_limit[limits[i].phase] =
            (struct phase_limit){limits[i].seconds, limits[i].origin};
    }
}
