/* test_output.c - a report appears whole or not at all, and nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/output.h"

static char folder[64];
static char path[128];

static int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test_output.XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/report.xml", folder);
    return 0;
}

static size_t files_in_folder(bool remove)
{
    DIR *d = opendir(folder);
    size_t count = 0;
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            count++;
            if (remove) {
                assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
            }
        }
    }
    closedir(d);
    return count;
}

static int leave(void **state)
{
    (void)state;
    (void)files_in_folder(true);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void expect_file(const char *text)
{
    char found[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(found, 1, sizeof(found) - 1, f);
    fclose(f);
    assert_int_equal(n, strlen(text));
    assert_string_equal(found, text);
}

static void test_commit(void **state)
{
    struct fail fail;
    struct output *o = output_open(path, &fail);
    (void)state;
    assert_non_null(o);
    assert_string_equal(output_path(o), path);
    assert_false(output_is_stdout(o));
    fputs("new", output_file(o));
    assert_int_equal(output_bytes(o), 3);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(output_commit(o, &fail));
    expect_file("new");
    assert_int_equal(output_bytes(o), 3);
    output_abort(o);
    expect_file("new");
    assert_int_equal(files_in_folder(false), 1);
}

static void test_abort_keeps_the_old_one(void **state)
{
    (void)state;
    write_file("old");
    struct output *o = output_open(path, NULL);
    assert_non_null(o);
    fputs("new", output_file(o));
    fflush(output_file(o));
    output_abort(o);
    expect_file("old");
    assert_int_equal(files_in_folder(false), 1);
    output_abort(NULL);
}

static void test_replaces_with_the_same_rights(void **state)
{
    struct stat st;
    (void)state;
    write_file("old and longer");
    assert_int_equal(chmod(path, 0640), 0);
    struct output *o = output_open(path, NULL);
    assert_non_null(o);
    fputs("new", output_file(o));
    expect_file("old and longer");
    assert_true(output_commit(o, NULL));
    output_abort(o);
    expect_file("new");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_through_a_link(void **state)
{
    char link[160];
    struct stat st;
    (void)state;
    write_file("old");
    (void)snprintf(link, sizeof(link), "%s/link", folder);
    assert_int_equal(symlink("report.xml", link), 0);
    struct output *o = output_open(link, NULL);
    assert_non_null(o);
    fputs("new", output_file(o));
    assert_true(output_commit(o, NULL));
    output_abort(o);
    expect_file("new");
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void test_later(void **state)
{
    (void)state;
    struct output *o = output_open_mode(path, OUTPUT_WHOLE_LATER, NULL);
    assert_non_null(o);
    fputs("draft", output_file(o));
    output_abort(o);
    assert_int_equal(files_in_folder(false), 0);

    write_file("old and longer");
    o = output_open_mode(path, OUTPUT_WHOLE_LATER, NULL);
    assert_non_null(o);
    fputs("new", output_file(o));
    expect_file("old and longer");
    assert_true(output_commit(o, NULL));
    output_abort(o);
    expect_file("new");
    assert_int_equal(files_in_folder(false), 1);
}

static void test_growing(void **state)
{
    (void)state;
    write_file("old");
    struct output *o = output_open_mode(path, OUTPUT_GROWING, NULL);
    assert_non_null(o);
    fputs("a line", output_file(o));
    fflush(output_file(o));
    expect_file("a line");
    output_abort(o);
    expect_file("a line");
}

static void test_special_files(void **state)
{
    struct fail fail;
    (void)state;
    struct output *o = output_open("/dev/null", &fail);
    assert_non_null(o);
    fputs("gone", output_file(o));
    assert_true(output_commit(o, &fail));
    assert_int_equal(output_bytes(o), 4);
    output_abort(o);

    o = output_open("/dev/full", &fail);
    assert_non_null(o);
    fputs("no room", output_file(o));
    assert_false(output_commit(o, &fail));
    assert_int_equal(fail.status, STATUS_NOT_WRITTEN);
    assert_string_equal(
        fail.text, "cannot write /dev/full: No space left on device; free space there, or name "
                   "another place");
    output_abort(o);

    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    o = output_open(path, &fail);
    assert_non_null(o);
    fputs("through", output_file(o));
    assert_true(output_commit(o, &fail));
    output_abort(o);
    char found[16] = "";
    assert_int_equal(read(reader, found, sizeof(found)), 7);
    assert_string_equal(found, "through");
    close(reader);
}

static void test_refused(void **state)
{
    struct fail fail;
    char missing[160];
    (void)state;
    (void)snprintf(missing, sizeof(missing), "%s/none/report.xml", folder);
    assert_null(output_open(missing, &fail));
    assert_int_equal(fail.status, STATUS_NOT_WRITTEN);
    assert_non_null(strstr(fail.text, "No such file or directory"));
    assert_null(output_open(folder, &fail));
    assert_non_null(strstr(fail.text, "Is a directory"));
    /* a name is text from outside */
    assert_null(output_open("/nowhere/\x1b[31m", &fail));
    assert_non_null(strstr(fail.text, "cannot write /nowhere/\\x1b[31m: "));
    assert_int_equal(files_in_folder(false), 0);
}

/* Standard output whose reader went away is quiet; any other pipe is not. */
static void test_closed_pipe(void **state)
{
    struct fail fail = {0};
    int ends[2], saved = dup(STDOUT_FILENO);
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[0]);
    struct output *o = output_open("-", &fail);
    fputs("nobody reads this", output_file(o));
    bool quiet = output_commit(o, &fail), is_stdout = output_is_stdout(o);
    bool failed = output_failed(o);
    output_abort(o);

    char name[32];
    (void)snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    o = output_open(name, &fail);
    fputs("nobody reads this", output_file(o));
    bool loud = !output_commit(o, &fail);
    output_abort(o);
    close(ends[1]);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_true(quiet && is_stdout && failed && loud);
    assert_int_equal(fail.status, STATUS_NOT_WRITTEN);
}

static void test_abandon(void **state)
{
    (void)state;
    write_file("old");
    struct output *a = output_open(path, NULL);
    fputs("new", output_file(a));
    fflush(output_file(a));
    assert_int_equal(files_in_folder(false), 2);
    output_abandon_all();
    assert_int_equal(files_in_folder(false), 1);
    expect_file("old");
    output_abort(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_commit),
        TEST(test_abort_keeps_the_old_one),
        TEST(test_replaces_with_the_same_rights),
        TEST(test_through_a_link),
        TEST(test_later),
        TEST(test_growing),
        TEST(test_special_files),
        TEST(test_refused),
        TEST(test_closed_pipe),
        TEST(test_abandon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
