/* thresholds.c - the table of thresholds.h, and what an operator made of it.
 *
 * The values are the program's, not a session's: they are set while the command line is read and
 * hold for everything that is judged after it.
 */
#include "report/diagnose/thresholds.h"

#include <math.h>
#include <string.h>

#include "report/diagnose/fleet_watch.h"

enum { NAME_MAX_LEN = 32 };

static const struct {
    const char *name;
    double value;
    const char *what, *source;
} table[THRESHOLD_COUNT] = {
#define X(name, value, what, source) {#name, value, what, source},
    THRESHOLDS(X)
#undef X
};

/* Rules that compare with it; none named: all that look at waits. */
static const char *const users[THRESHOLD_COUNT] = {
    [THRESHOLD_GIVE_UP] = "greeting-timeout starttls-timeout client-timeout-too-short "
                          "pipelining-group-violation pipelining-not-offered",
    [THRESHOLD_IMPATIENT] = "client-timeout-too-short starttls-timeout duplicate-delivery-risk",
    [THRESHOLD_GREETING_NOTICE] = "greeting-delay",
    [THRESHOLD_GREETING_WARNING] = "greeting-delay",
    [THRESHOLD_SLOW_NOTICE] = "slow-reply",
    [THRESHOLD_SLOW_WARNING] = "slow-reply",
    [THRESHOLD_SLOW_EOD_NOTICE] = "slow-reply",
    [THRESHOLD_SLOW_EOD_WARNING] = "slow-reply",
    [THRESHOLD_TARPIT_SPREAD] = "slow-reply",
    [THRESHOLD_TARPIT_COUNT] = "slow-reply",
    [THRESHOLD_IDLE_CLOSE] =
        "server-closed-mid-session server-idle-timeout server-timeout-too-short",
    [THRESHOLD_DEADLOCK] = "implicit-tls-deadlock starttls-handshake-missing",
    [THRESHOLD_WINDOW_WARNING] = "zero-window-stall-server zero-window-stall-client",
    [THRESHOLD_WINDOW_ERROR] = "zero-window-stall-server zero-window-stall-client",
    [THRESHOLD_SENDER_STALL] = "sender-stall bdat-size-mismatch",
    [THRESHOLD_SYN_COUNT] = "connect-timeout",
    [THRESHOLD_SYN_SPAN] = "connect-timeout",
    [THRESHOLD_SYNACK_AGAIN] = "listen-overflow",
    [THRESHOLD_RESENT_COUNT] = "retransmission-exhausted",
    [THRESHOLD_RESENT_SPAN] = "retransmission-exhausted",
    [THRESHOLD_PMTU_SIZE] = "pmtu-black-hole pmtu-ignored",
    [THRESHOLD_PMTU_COUNT] = "pmtu-black-hole pmtu-ignored",
    [THRESHOLD_PMTU_SPAN] = "pmtu-black-hole pmtu-ignored one-way-loss",
    [THRESHOLD_ONE_WAY_COUNT] = "one-way-loss",
    [THRESHOLD_STATE_IDLE] = "state-lost-after-idle retransmission-exhausted",
    [THRESHOLD_STATE_RESENT] = "state-lost-after-idle retransmission-exhausted",
    [THRESHOLD_LOSS_SEGMENTS] = "loss-heavy",
    [THRESHOLD_LOSS_COUNT] = "loss-heavy",
    [THRESHOLD_LOSS_SHARE] = "loss-heavy slow-transfer",
    [THRESHOLD_SLOW_BYTES] = "slow-transfer",
    [THRESHOLD_SLOW_SPAN] = "slow-transfer",
    [THRESHOLD_SLOW_RATE] = "slow-transfer",
    [THRESHOLD_SCALE_BYTES] = "window-scale-broken",
    [THRESHOLD_SCALE_TIMES] = "window-scale-broken",
    [THRESHOLD_SACKS_OUTSIDE] = "sack-out-of-range",
    [THRESHOLD_PROBES_UNANSWERED] = "keepalive-unanswered",
    [THRESHOLD_TTL_DIFFERENCE] = "tcp-reset-injected connect-refused",
    [THRESHOLD_TWIN_SHARE] = "capture-duplicates",
    [THRESHOLD_ONE_SIDED_SEGMENTS] = "capture-one-direction",
    [THRESHOLD_FLEET_COUNT] =
        "fleet-destination-failing fleet-source-failing fleet-one-backend-bad fleet-one-mx-bad "
        "fleet-onset",
    [THRESHOLD_FLEET_LOW] = "fleet-destination-failing fleet-source-failing fleet-all-failing",
    [THRESHOLD_FLEET_SHARE] = "fleet-destination-failing fleet-source-failing fleet-all-failing "
                              "fleet-one-mx-bad fleet-onset",
    [THRESHOLD_FLEET_OTHERS] =
        "fleet-destination-failing fleet-source-failing fleet-one-backend-bad fleet-one-mx-bad",
    [THRESHOLD_SPELL_CHANCE] = "fleet-destination-failing fleet-source-failing fleet-all-failing "
                               "fleet-one-backend-bad",
    [THRESHOLD_SPREAD_MORE] = "fleet-destination-failing",
    [THRESHOLD_ONSET_NEAR] = "fleet-onset",
    [THRESHOLD_ONSET_GOOD] = "fleet-onset",
    [THRESHOLD_SAME_COUNT] = "fleet-onset",
    [THRESHOLD_ALL_COUNT] = "fleet-all-failing",
    [THRESHOLD_RATE_COUNT] = "fleet-5xx-rate fleet-4xx-rate latency-shift",
    [THRESHOLD_RATE_5XX] = "fleet-5xx-rate",
    [THRESHOLD_RATE_4XX] = "fleet-4xx-rate",
    [THRESHOLD_RATE_CRITICAL] = "fleet-5xx-rate fleet-4xx-rate",
    [THRESHOLD_RATE_WINDOW] = "fleet-5xx-rate fleet-4xx-rate",
    [THRESHOLD_RATE_TIMES] = "fleet-5xx-rate fleet-4xx-rate",
    [THRESHOLD_STORM_TIMES] = "retry-storm",
    [THRESHOLD_UNKNOWN_COUNT] = "unknown-user-rate",
    [THRESHOLD_UNKNOWN_NOTICE] = "unknown-user-rate",
    [THRESHOLD_UNKNOWN_WARNING] = "unknown-user-rate",
    [THRESHOLD_UNKNOWN_ERROR] = "unknown-user-rate",
    [THRESHOLD_HARVEST_COUNT] = "directory-harvest",
    [THRESHOLD_HARVEST_SHARE] = "directory-harvest",
    [THRESHOLD_BRUTE_COUNT] = "auth-bruteforce auth-compromise-suspected",
    [THRESHOLD_BRUTE_ADDRESSES] = "auth-bruteforce auth-compromise-suspected",
    [THRESHOLD_BACKEND_COUNT] = "auth-backend-down",
    [THRESHOLD_BACKEND_SPAN] = "auth-backend-down",
    [THRESHOLD_BACKEND_BAD] = "fleet-one-backend-bad",
    [THRESHOLD_MX_COUNT] = "fleet-one-mx-bad",
    [THRESHOLD_SPREAD_COUNT] = "tls-failure-spread",
    [THRESHOLD_CHOICE_COUNT] = "tls-cipher-mismatch",
    [THRESHOLD_RETRY_COUNT] = "retry-storm",
    [THRESHOLD_RETRY_APART] = "retry-storm",
    [THRESHOLD_PERMANENT_COUNT] = "permanent-error-retried",
    [THRESHOLD_GREY_SOON] = "greylist-not-passed greylist-behaviour",
    [THRESHOLD_GREY_NEVER] = "greylist-not-passed",
    [THRESHOLD_PUT_OFF] = "greylisted transient-reject-unclassified server-overloaded rate-limited",
    [THRESHOLD_GREY_COUNT] = "greylist-behaviour",
    [THRESHOLD_THROTTLE_COUNT] = "provider-throttling",
    [THRESHOLD_SHIFT_SECONDS] = "latency-shift",
    [THRESHOLD_SHIFT_TIMES] = "latency-shift",
    [THRESHOLD_NO_MAIL_SPAN] = "mail-silence",
    [THRESHOLD_NO_MAIL_TIMES] = "mail-silence",
    [THRESHOLD_NO_MAIL_COUNT] = "mail-silence",
    [THRESHOLD_NO_MAIL_BASIS] = "mail-silence",
    [THRESHOLD_NO_MAIL_TRIES] = "mail-silence",
    [THRESHOLD_EGRESS_COUNT] = "port25-egress-blocked",
    [THRESHOLD_LATE_COUNT] = "connect-slow",
    [THRESHOLD_LATE_SHARE] = "connect-slow",
    [THRESHOLD_FAMILY_COUNT] = "address-family-broken",
    [THRESHOLD_PROBE_COUNT] = "health-check",
    [THRESHOLD_PROBE_SPREAD] = "health-check",
    [THRESHOLD_FALLBACK_SPAN] = "tls-fallback-plaintext",
    [THRESHOLD_TLS_STALL] = "tls-stalled-server tls-stalled-client tls-no-serverhello",
    [THRESHOLD_TLS_STALL_LEFT] = "tls-stalled-client",
    [THRESHOLD_TLS_GIVE_UP] = "tls-stalled-server tls-stalled-client tls-no-serverhello",
    [THRESHOLD_TLS_LEFT_AT_ONCE] = "tls-closed-after-handshake",
    [THRESHOLD_RESET_AT_ONCE] = "tls-reset-after-clienthello tls-no-serverhello one-way-loss "
                                "server-closed-mid-session server-idle-timeout",
    [THRESHOLD_CERT_SOON_DAYS] = "cert-expiring-soon",
    [THRESHOLD_ALERT_BYTES] = "tls-stalled-server tls-stalled-client",
    [THRESHOLD_BURST_BYTES] =
        "tcp-reset-by-server-<phase> server-closed-mid-session tls-stalled-server",
};

/* What cannot be told apart beyond so many. */
static const double most[THRESHOLD_COUNT] = {
    [THRESHOLD_BRUTE_ADDRESSES] = FEW_MAX,
    [THRESHOLD_BACKEND_COUNT] = FEW_MAX,
    [THRESHOLD_SPREAD_COUNT] = FEW_MAX,
    [THRESHOLD_EGRESS_COUNT] = FEW_MAX,
};

static struct {
    double value;
    enum threshold_origin origin;
} set[THRESHOLD_COUNT];

const char *const threshold_origin_words[] = {
    [THRESHOLD_BUILT_IN] = "default",
    [THRESHOLD_FROM_OPTION] = "option",
    [THRESHOLD_FROM_CONFIG] = "config",
};

double threshold(enum threshold t)
{
    return set[t].origin == THRESHOLD_BUILT_IN ? table[t].value : set[t].value;
}

/* "FLEET_COUNT" as "fleet-count". */
static void published(char out[NAME_MAX_LEN], const char *name)
{
    size_t i = 0;

    for (; name[i] && i + 1 < NAME_MAX_LEN; i++) {
        out[i] = name[i] == '_'                     ? '-'
                 : name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a')
                                                    : name[i];
    }
    out[i] = '\0';
}

const struct threshold_row *threshold_at(size_t index)
{
    static char names[THRESHOLD_COUNT][NAME_MAX_LEN];
    static struct threshold_row rows[THRESHOLD_COUNT];

    if (index >= THRESHOLD_COUNT) {
        return NULL;
    }
    published(names[index], table[index].name);
    rows[index] = (struct threshold_row){
        .name = names[index],
        .value = threshold((enum threshold)index),
        .standard = table[index].value,
        .origin = set[index].origin,
        .what = table[index].what,
        .source = table[index].source,
        .rules = users[index] ? users[index] : "",
        .most = most[index],
    };
    return &rows[index];
}

size_t threshold_find(const char *name, size_t len)
{
    char known[NAME_MAX_LEN];
    size_t i = 0;

    for (; i < THRESHOLD_COUNT; i++) {
        published(known, table[i].name);
        if (strlen(known) == len && memcmp(known, name, len) == 0) {
            break;
        }
    }
    return i;
}

bool threshold_set(size_t index, double value, enum threshold_origin origin)
{
    if (index >= THRESHOLD_COUNT || !isfinite(value) || !(value > 0) ||
        (most[index] > 0 && value > most[index])) {
        return false;
    }
    set[index].value = value;
    set[index].origin = origin;
    return true;
}

void threshold_reset(void)
{
    memset(set, 0, sizeof set);
}
