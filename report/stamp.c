/* stamp.c - numbers of the report as text. Hot for JSON Lines, therefore without printf. */
#include "report/stamp.h"

#include <math.h>
#include <string.h>

enum { NS_PER_SECOND = 1000000000, SECONDS_PER_DAY = 86400 };

size_t stamp_u64(char out[STAMP_MAX], uint64_t n)
{
    char reversed[STAMP_MAX];
    size_t len = 0;
    do {
        reversed[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    for (size_t i = 0; i < len; i++) {
        out[i] = reversed[len - 1 - i];
    }
    out[len] = '\0';
    return len;
}

/* Exactly `digits` digits. */
static char *put_fixed(char *at, uint64_t n, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + n % 10);
        n /= 10;
    }
    return at + digits;
}

/* Day of the Gregorian calendar from days since 1970-01-01, by 400-year eras that begin in March,
 * so that the leap day is an era's and a year's last. */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    uint64_t of_era = (uint64_t)(days - era * 146097);
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t shifted = (5 * of_year + 2) / 153; /* 0 is March */
    *day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

size_t stamp_utc(char out[STAMP_MAX], int64_t ns)
{
    int64_t seconds = ns / NS_PER_SECOND;
    int64_t fraction = ns % NS_PER_SECOND;
    if (fraction < 0) {
        fraction += NS_PER_SECOND;
        seconds--;
    }
    int64_t days = seconds / SECONDS_PER_DAY;
    int64_t of_day = seconds % SECONDS_PER_DAY;
    if (of_day < 0) {
        of_day += SECONDS_PER_DAY;
        days--;
    }
    int64_t year = 0;
    unsigned month = 0, day = 0;
    civil_from_days(days, &year, &month, &day);

    /* 64-bit nanoseconds end in 2262: the year has four digits. */
    char *at = put_fixed(out, (uint64_t)year, 4);
    *at++ = '-';
    at = put_fixed(at, month, 2);
    *at++ = '-';
    at = put_fixed(at, day, 2);
    *at++ = 'T';
    at = put_fixed(at, (uint64_t)of_day / 3600, 2);
    *at++ = ':';
    at = put_fixed(at, (uint64_t)of_day / 60 % 60, 2);
    *at++ = ':';
    at = put_fixed(at, (uint64_t)of_day % 60, 2);
    *at++ = '.';
    if (fraction % 1000) {
        at = put_fixed(at, (uint64_t)fraction, 9);
    } else {
        at = put_fixed(at, (uint64_t)fraction / 1000, 6);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}

size_t stamp_seconds(char out[STAMP_MAX], int64_t ns)
{
    char *at = out;
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    if (ns < 0) {
        *at++ = '-';
    }
    char whole[STAMP_MAX];
    size_t len = stamp_u64(whole, size / NS_PER_SECOND);
    memcpy(at, whole, len);
    at += len;
    if (size % NS_PER_SECOND) {
        *at++ = '.';
        at = put_fixed(at, size % NS_PER_SECOND, 9);
        while (at[-1] == '0') {
            at--;
        }
    }
    *at = '\0';
    return (size_t)(at - out);
}

size_t stamp_duration(char out[STAMP_MAX], double seconds)
{
    /* What 64-bit nanoseconds cannot hold is no duration of a capture. */
    double us = isfinite(seconds) && fabs(seconds) < 9e9 ? seconds * 1e6 : 0;
    return stamp_seconds(out, llround(us) * 1000);
}

size_t stamp_session(char out[STAMP_MAX], uint64_t id)
{
    out[0] = 's';
    if (id < 10000) {
        *put_fixed(out + 1, id, 4) = '\0';
        return 5;
    }
    char digits[STAMP_MAX];
    size_t len = stamp_u64(digits, id);
    memcpy(out + 1, digits, len + 1);
    return len + 1;
}

size_t stamp_finding(char out[STAMP_MAX], uint64_t number)
{
    char digits[STAMP_MAX];
    size_t len = stamp_u64(digits, number);
    out[0] = 'F';
    memcpy(out + 1, digits, len + 1);
    return len + 1;
}
