/* privilege.c - giving up every right once the source is open, before the first packet is parsed.
 *
 * Packets are written by strangers, and reading them is where a mistake of ours would be used. So
 * the order is: open, drop everything, make sure that it is gone, parse. Every step is checked, and
 * the whole is checked again from what the kernel says afterwards.
 *
 * root in a user namespace of its own ("unshare -r") often has no other user to become. It is an
 * ordinary user outside; then only the capabilities go.
 *
 * To be called while the process has one thread: capabilities belong to threads.
 */
#include "capture/privilege.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <sys/capability.h>

enum { ACCOUNT_NAME_MAX = 64 };

struct account {
    uid_t uid;
    gid_t gid;
    char name[ACCOUNT_NAME_MAX]; /* quoted */
};

/* Own accounts, best first, for a root that nobody told whom to become. */
static const char *const usual_accounts[] = {"wiretale", "nobody"};

static bool failed(struct fail *fail, const char *step)
{
    return fail_set(fail, STATUS_FORBIDDEN, "cannot give up privileges: %s: %s", step,
                    fail_reason(errno));
}

/* A decimal number above zero, as sudo writes it. */
static bool read_id(const char *text, uint32_t *out)
{
    char *end;
    if (!text || text[0] < '1' || text[0] > '9') {
        return false;
    }
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value >= UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static void name_account(struct account *a)
{
    const struct passwd *entry = getpwuid(a->uid);
    if (entry) {
        fail_quote_name(entry->pw_name, a->name, sizeof a->name);
    } else {
        snprintf(a->name, sizeof a->name, "user %" PRIu32, (uint32_t)a->uid);
    }
}

/* By name, or by number where no name is like it. */
static bool find_named(const char *user, struct account *a)
{
    uint32_t uid;
    const struct passwd *entry = getpwnam(user);
    if (!entry && read_id(user, &uid)) {
        entry = getpwuid(uid);
    }
    if (!entry) {
        return false;
    }
    a->uid = entry->pw_uid;
    a->gid = entry->pw_gid;
    name_account(a);
    return true;
}

/* Who called a root process: the real user of a set-user-ID program, or who called sudo. */
static bool find_invoking(struct account *a)
{
    uint32_t uid, gid;
    if (getuid() != 0 && getgid() != 0) {
        uid = getuid();
        gid = getgid();
    } else if (!read_id(getenv("SUDO_UID"), &uid) || !read_id(getenv("SUDO_GID"), &gid)) {
        return false;
    }
    a->uid = uid;
    a->gid = gid;
    name_account(a);
    return true;
}

static bool find_account(const char *user, struct account *a, struct fail *fail)
{
    char shown[ACCOUNT_NAME_MAX];
    if (user) {
        fail_quote_name(user, shown, sizeof shown);
        if (!find_named(user, a)) {
            return fail_set(fail, STATUS_USAGE, "--user: there is no user '%s'", shown);
        }
        if (a->uid == 0 || a->gid == 0) {
            return fail_set(fail, STATUS_USAGE,
                            "--user: packets are not read as '%s', which is user or group 0",
                            shown);
        }
        return true;
    }
    if (find_invoking(a)) {
        return true;
    }
    for (size_t i = 0; i < sizeof usual_accounts / sizeof usual_accounts[0]; i++) {
        if (find_named(usual_accounts[i], a) && a->uid != 0 && a->gid != 0) {
            return true;
        }
    }
    return fail_set(fail, STATUS_USAGE,
                    "there is no user to run as; name one: --user NAME, or add an account "
                    "'wiretale'");
}

/* Is this root of a namespace in which only one user exists, who is not root outside? The map has a
 * line for each range of users: first inside, first outside, how many. */
static bool is_boxed(uid_t *outside)
{
    char line[64] = "", *at = line;
    unsigned long range[3];
    FILE *map = fopen("/proc/self/uid_map", "re");
    if (!map) {
        return false;
    }
    bool alone = fgets(line, sizeof line, map) && fgetc(map) == EOF;
    fclose(map);
    for (size_t i = 0; i < 3; i++) {
        range[i] = strtoul(at, &at, 10);
    }
    *outside = (uid_t)range[1];
    return alone && range[0] == 0 && range[1] != 0 && range[2] == 1;
}

/* What an exec could gain. Only who has CAP_SETPCAP may drop it; for others no_new_privs stands. */
static void empty_bounding_set(void)
{
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }
}

static bool change_user(const struct account *a, struct fail *fail)
{
    if (setgroups(0, NULL) != 0) {
        return failed(fail, "setgroups");
    }
    if (setresgid(a->gid, a->gid, a->gid) != 0) {
        return failed(fail, "setresgid");
    }
    return setresuid(a->uid, a->uid, a->uid) == 0 || failed(fail, "setresuid");
}

/* Effective, permitted and inheritable; clearing the last two empties the ambient set as well,
 * which is cleared by name all the same. */
static bool clear_capabilities(struct fail *fail)
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    cap_t none = cap_init();
    bool cleared = none && cap_set_proc(none) == 0;
    cap_free(none);
    return cleared || failed(fail, "capset");
}

static bool has_no_capability(void)
{
    cap_t none = cap_init(), now = cap_get_proc();
    bool same = none && now && cap_compare(none, now) == 0;
    cap_free(none);
    cap_free(now);
    for (unsigned long cap = 0; same && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        same = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) <= 0;
    }
    return same;
}

/* What the kernel says now, asked anew; and root must be out of reach. */
static bool verify(const struct account *a, struct fail *fail)
{
    uid_t uid[3];
    gid_t gid[3];
    if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0) {
        return failed(fail, "getresuid");
    }
    for (size_t i = 0; a && i < 3; i++) {
        if (uid[i] != a->uid || uid[i] == 0 || gid[i] != a->gid || gid[i] == 0) {
            return fail_set(fail, STATUS_FORBIDDEN, "cannot give up privileges: still user %u",
                            uid[i]);
        }
    }
    if (a && (getgroups(0, NULL) != 0 || setresuid(0, 0, 0) == 0)) {
        return fail_set(fail, STATUS_FORBIDDEN, "cannot give up privileges: root can come back");
    }
    if (!has_no_capability()) {
        return fail_set(fail, STATUS_FORBIDDEN, "cannot give up privileges: capabilities are left");
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return fail_set(fail, STATUS_FORBIDDEN, "cannot give up privileges: new ones are possible");
    }
    return true;
}

/* For who is not root: whom it may be asked to be. */
static bool is_self(const char *user, struct fail *fail)
{
    char shown[ACCOUNT_NAME_MAX];
    struct account a;
    fail_quote_name(user, shown, sizeof shown);
    if (!find_named(user, &a)) {
        return fail_set(fail, STATUS_USAGE, "--user: there is no user '%s'", shown);
    }
    return a.uid == getuid() ||
           fail_set(fail, STATUS_USAGE, "--user: only root can become '%s'", shown);
}

void privilege_not_dumpable(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool privilege_drop(const char *user, char *told, size_t size, struct fail *fail)
{
    struct account account = {.uid = getuid(), .gid = getgid()};
    bool is_root = geteuid() == 0 || getuid() == 0;
    uid_t outside = 0;
    bool boxed = is_root && is_boxed(&outside);
    bool changes = is_root && !boxed;
    if (changes ? !find_account(user, &account, fail) : user && !boxed && !is_self(user, fail)) {
        return false;
    }
    if (!changes) {
        name_account(&account);
    }
    empty_bounding_set();
    if ((changes && !change_user(&account, fail)) || !clear_capabilities(fail)) {
        return false;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return failed(fail, "no_new_privs");
    }
    privilege_not_dumpable(); /* changing the user has made it dumpable again */
    if (!verify(changes ? &account : NULL, fail)) {
        return false;
    }
    if (boxed) {
        snprintf(told, size,
                 "running as user %" PRIu32 " outside its namespace, without capabilities",
                 (uint32_t)outside);
    } else {
        snprintf(told, size, "running as %s without capabilities", account.name);
    }
    return true;
}
