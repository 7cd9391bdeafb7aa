/* test_privilege.c - what is left after privileges were dropped, as the kernel tells it.
 *
 * Each case runs in a child, for there is no way back. Where the tests do not run as root, only
 * what holds for everybody is tried.
 */
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/privilege.h"

enum { NOBODY = 65534 };

/* What a child found, as its exit status. */
enum found { FOUND_GOOD, FOUND_REFUSED, FOUND_LEFTOVER, FOUND_WRONG_WORDS };

/* Is there a line of /proc/self/status with this name and only this value in it? */
static bool status_says(const char *name, const char *value)
{
    char line[256];
    bool said = false;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        size_t len = strlen(name);
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            line[strcspn(line, "\n")] = '\0';
            said = strcmp(line + len + 1, value) == 0;
        }
    }
    if (status) {
        fclose(status);
    }
    return said;
}

static bool nothing_is_left(void)
{
    static const char none[] = "\t0000000000000000";
    return status_says("CapInh", none) && status_says("CapPrm", none) &&
           status_says("CapEff", none) && status_says("CapAmb", none) &&
           status_says("NoNewPrivs", "\t1") && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           geteuid() != 0 && getuid() != 0 && setuid(0) != 0;
}

static enum found drop_in_child(const char *user, const char *told_expected)
{
    char told[100] = "";
    struct fail fail = {0};
    privilege_not_dumpable();
    if (!privilege_drop(user, told, sizeof told, &fail)) {
        return fail.status == STATUS_USAGE && fail.text[0] ? FOUND_REFUSED : FOUND_WRONG_WORDS;
    }
    if (!nothing_is_left()) {
        return FOUND_LEFTOVER;
    }
    return told_expected && strcmp(told, told_expected) != 0 ? FOUND_WRONG_WORDS : FOUND_GOOD;
}

/* sudo: "UID:GID" as sudo would set them, NULL: not called by sudo. as: becomes this user first. */
static void assert_drop(uid_t as, const char *sudo_uid, const char *sudo_gid, const char *user,
                        const char *told, enum found expected)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsetenv("SUDO_UID");
        unsetenv("SUDO_GID");
        if (sudo_uid) {
            setenv("SUDO_UID", sudo_uid, 1);
            setenv("SUDO_GID", sudo_gid, 1);
        }
        if (as != 0 &&
            (setgroups(0, NULL) != 0 || setresgid(as, as, as) != 0 || setresuid(as, as, as) != 0)) {
            _exit(99);
        }
        _exit((int)drop_in_child(user, told));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static void test_root_to_named(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_drop(0, NULL, NULL, "nobody", "running as nobody without capabilities", FOUND_GOOD);
    assert_drop(0, NULL, NULL, "65534", "running as nobody without capabilities", FOUND_GOOD);
    assert_drop(0, NULL, NULL, NULL, NULL, FOUND_GOOD);
}

static void test_root_to_who_called_sudo(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_drop(0, "4242421", "4242422", NULL, "running as user 4242421 without capabilities",
                FOUND_GOOD);
    /* named is named, whoever called */
    assert_drop(0, "4242421", "4242422", "nobody", "running as nobody without capabilities",
                FOUND_GOOD);
    /* sudo called by root, or values that sudo does not write: as if it was not there */
    assert_drop(0, "0", "0", NULL, NULL, FOUND_GOOD);
    assert_drop(0, "4242421", "0", NULL, NULL, FOUND_GOOD);
    assert_drop(0, "4294967295", "4294967295", NULL, NULL, FOUND_GOOD);
    assert_drop(0, "-1", "12x", NULL, NULL, FOUND_GOOD);
}

static void test_refused(void **state)
{
    (void)state;
    assert_drop(0, NULL, NULL, "no such user", NULL, FOUND_REFUSED);
    assert_drop(0, NULL, NULL, "", NULL, FOUND_REFUSED);
    assert_drop(0, NULL, NULL, "root", NULL, FOUND_REFUSED);
    assert_drop(0, NULL, NULL, "0", NULL, FOUND_REFUSED);
}

static void test_ordinary_user(void **state)
{
    (void)state;
    uid_t as = geteuid() == 0 ? NOBODY : 0;
    assert_drop(as, NULL, NULL, NULL, NULL, FOUND_GOOD);
    assert_drop(as, "4242421", "4242422", NULL, NULL, FOUND_GOOD); /* sudo to an ordinary user */
    assert_drop(as, NULL, NULL, "root", NULL, FOUND_REFUSED);
    assert_drop(as, NULL, NULL, "no such user", NULL, FOUND_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_to_named),
        cmocka_unit_test(test_root_to_who_called_sudo),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ordinary_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
