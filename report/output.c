/* output.c - a file that a report is written to: it appears whole, or not at all.
 *
 * A report is written to a file of its own beside the final one, synced, and renamed over it: who
 * opens the path sees the old report or the new one, never half of one. What is no plain file
 * (device, FIFO, socket, an inherited descriptor under /dev) cannot be replaced and is written
 * directly.
 *
 * Writing goes through a stdio cookie, so that bytes are counted and the first error is kept with
 * its reason, also for pipes. Errors are reported once, at commit.
 *
 * BUGS: OUTPUT_WHOLE_LATER fills the final file at commit, so a crash in that moment leaves it
 * incomplete; the directory itself is not synced.
 */
#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/escape.h"

enum {
    BUFFER_SIZE = 256 * 1024,
    UNFINISHED_MAX = 16, /* outputs open at once that a signal handler can still remove */
    TRIES_MAX = 1000,    /* names tried for the temporary file */
};

struct output {
    char *path;      /* as given */
    char *final;     /* what is replaced; NULL: written directly */
    char *temporary; /* NULL: none, or none with a name */
    int slot;        /* in unfinished[]; -1: none */
    int fd;          /* written to */
    int final_fd;    /* OUTPUT_WHOLE_LATER: the final file; -1 otherwise */
    bool created;    /* final_fd: the file did not exist before */
    bool is_stdout, committed;
    FILE *file;
    char *buffer;
    uint64_t written;
    int error; /* errno of the first failed write; 0: none */
};

/* Names for output_abandon_all. A slot is filled before it is published and never changed while it
 * is; the signal handler only reads. */
static char unfinished[UNFINISHED_MAX][4096];
static volatile sig_atomic_t unfinished_used[UNFINISHED_MAX];

static int slot_take(const char *path)
{
    size_t len = strlen(path);
    for (int i = 0; i < UNFINISHED_MAX && len < sizeof(unfinished[0]); i++) {
        if (!unfinished_used[i]) {
            memcpy(unfinished[i], path, len + 1);
            unfinished_used[i] = 1;
            return i;
        }
    }
    return -1;
}

static void slot_release(int slot)
{
    if (slot >= 0) {
        unfinished_used[slot] = 0;
    }
}

void output_abandon_all(void)
{
    for (int i = 0; i < UNFINISHED_MAX; i++) {
        if (unfinished_used[i]) {
            (void)unlink(unfinished[i]);
        }
    }
}

static const char *advice(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "; free space there, or name another place";
    case ENOENT:
    case ENOTDIR:
        return "; make its directory first";
    case EACCES:
    case EPERM:
    case EROFS:
        return "; name a place where you may write";
    case EISDIR:
        return "; name a file in it";
    default:
        return "";
    }
}

static bool fail_output(const char *path, int error, struct fail *fail)
{
    char shown[512];
    const char *reason = strerror(error);
    escape_plain(shown, sizeof(shown), bytes_of_string(path));
    if (strcmp(path, "-") == 0) {
        return fail_set(fail, STATUS_NOT_WRITTEN, "cannot write to standard output: %s%s", reason,
                        error == ENOSPC ? advice(error) : "");
    }
    return fail_set(fail, STATUS_NOT_WRITTEN, "cannot write %s: %s%s", shown, reason,
                    advice(error));
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return false;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* After the first failure nothing more is written: a report with a hole is worse than none. */
static ssize_t cookie_write(void *cookie, const char *data, size_t len)
{
    struct output *o = cookie;
    if (!o->error && !write_all(o->fd, data, len)) {
        o->error = errno;
    }
    if (o->error) {
        errno = o->error;
        return 0;
    }
    o->written += len;
    return (ssize_t)len;
}

static bool open_stream(struct output *o)
{
    static const cookie_io_functions_t functions = {.write = cookie_write};
    o->file = fopencookie(o, "w", functions);
    o->buffer = malloc(BUFFER_SIZE);
    return o->file && o->buffer && setvbuf(o->file, o->buffer, _IOFBF, BUFFER_SIZE) == 0;
}

/* "-", and the names under which /dev offers descriptors we already have: opening those anew would
 * write from the beginning of a file that others are writing to. -1: none of them. */
static int inherited_descriptor(const char *path)
{
    static const char prefix[] = "/dev/fd/";
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0) {
        return STDOUT_FILENO;
    }
    if (strcmp(path, "/dev/stderr") == 0) {
        return STDERR_FILENO;
    }
    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0) {
        char *end = NULL;
        long n = strtol(path + sizeof(prefix) - 1, &end, 10);
        return end && *end == '\0' && n >= 0 && n < 65536 ? (int)n : -1;
    }
    return -1;
}

/* Creates a file beside the final one, with the rights of the one it replaces. */
static bool create_temporary(struct output *o, const struct stat *old)
{
    const char *slash = strrchr(o->final, '/');
    int folder = slash ? (int)(slash - o->final) + 1 : 0;
    const char *name = slash ? slash + 1 : o->final;
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        if (asprintf(&o->temporary, "%.*s.%.200s.%ld-%u.tmp", folder, o->final, name,
                     (long)getpid(), i) < 0) {
            o->temporary = NULL;
            errno = ENOMEM;
            return false;
        }
        o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (o->fd >= 0) {
            o->slot = slot_take(o->temporary);
            /* The rights of the old file, as far as we may give them. */
            return !old || fchmod(o->fd, old->st_mode & 0777) == 0 || errno == EPERM;
        }
        free(o->temporary);
        o->temporary = NULL;
        if (errno != EEXIST) {
            return false;
        }
    }
    return false;
}

/* The temporary file loses its name at once: at commit we may have no right to remove it. */
static bool open_later(struct output *o)
{
    o->final_fd = open(o->final, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    o->created = o->final_fd >= 0;
    if (o->final_fd < 0 && errno == EEXIST) {
        o->final_fd = open(o->final, O_WRONLY | O_CLOEXEC);
    }
    if (o->final_fd < 0 || !create_temporary(o, NULL)) {
        return false;
    }
    int readable = open(o->temporary, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (readable < 0) {
        return false;
    }
    (void)close(o->fd);
    o->fd = readable;
    (void)unlink(o->temporary);
    slot_release(o->slot);
    o->slot = -1;
    free(o->temporary);
    o->temporary = NULL;
    return true;
}

static bool open_target(struct output *o, enum output_mode mode)
{
    struct stat old;
    int inherited = inherited_descriptor(o->path);
    if (inherited >= 0) {
        o->is_stdout = inherited == STDOUT_FILENO;
        (void)fflush(o->is_stdout ? stdout : stderr);
        o->fd = fcntl(inherited, F_DUPFD_CLOEXEC, 3);
        return o->fd >= 0;
    }
    bool exists = stat(o->path, &old) == 0;
    if (exists && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return false;
    }
    if (exists && !S_ISREG(old.st_mode)) {
        o->fd = open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return o->fd >= 0;
    }
    if (mode == OUTPUT_GROWING) {
        o->fd = open(o->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        return o->fd >= 0;
    }
    /* A file that may not be written is not replaced either, although its directory would let us.
     */
    if (exists && access(o->path, W_OK) != 0) {
        return false;
    }
    /* Through a link: the file it names is replaced, not the link. */
    o->final = exists ? realpath(o->path, NULL) : strdup(o->path);
    if (!o->final) {
        return false;
    }
    return mode == OUTPUT_WHOLE_LATER ? open_later(o) : create_temporary(o, exists ? &old : NULL);
}

struct output *output_open_mode(const char *path, enum output_mode mode, struct fail *fail)
{
    struct output *o = calloc(1, sizeof(*o));
    if (!o) {
        (void)fail_output(path, ENOMEM, fail);
        return NULL;
    }
    o->slot = o->fd = o->final_fd = -1;
    o->path = strdup(path);
    errno = ENOMEM;
    if (!o->path || !open_target(o, mode) || !open_stream(o)) {
        (void)fail_output(path, errno, fail);
        output_abort(o);
        return NULL;
    }
    return o;
}

struct output *output_open(const char *path, struct fail *fail)
{
    return output_open_mode(path, OUTPUT_WHOLE, fail);
}

FILE *output_file(struct output *o)
{
    return o->file;
}

const char *output_path(const struct output *o)
{
    return o->path;
}

bool output_is_stdout(const struct output *o)
{
    return o->is_stdout;
}

uint64_t output_bytes(const struct output *o)
{
    return o->written + (o->file ? __fpending(o->file) : 0);
}

bool output_failed(const struct output *o)
{
    return o->error != 0;
}

static bool copy_to_final(struct output *o)
{
    char block[65536];
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(o->fd, block, sizeof(block), at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        if (n == 0) {
            return ftruncate(o->final_fd, at) == 0 && fsync(o->final_fd) == 0;
        }
        if (!write_all(o->final_fd, block, (size_t)n)) {
            return false;
        }
        at += n;
    }
}

static bool close_stream(struct output *o)
{
    bool good = !o->file || fclose(o->file) == 0;
    o->file = NULL;
    return good && !o->error;
}

bool output_commit(struct output *o, struct fail *fail)
{
    if (!close_stream(o)) {
        int error = o->error ? o->error : errno;
        return (error == EPIPE && o->is_stdout) || fail_output(o->path, error, fail);
    }
    bool good = true;
    if (o->final_fd >= 0) {
        good = copy_to_final(o);
    } else if (o->temporary) {
        good = fsync(o->fd) == 0 && rename(o->temporary, o->final) == 0;
    }
    if (!good) {
        return fail_output(o->path, errno, fail);
    }
    slot_release(o->slot);
    o->slot = -1;
    o->committed = true;
    return true;
}

void output_abort(struct output *o)
{
    if (!o) {
        return;
    }
    if (!o->committed && o->final) {
        o->error = o->error ? o->error : ECANCELED; /* what is buffered need not be written */
    }
    (void)close_stream(o);
    if (!o->committed && o->temporary) {
        (void)unlink(o->temporary);
    }
    if (!o->committed && o->created && o->final) {
        (void)unlink(o->final);
    }
    slot_release(o->slot);
    if (o->fd >= 0) {
        (void)close(o->fd);
    }
    if (o->final_fd >= 0) {
        (void)close(o->final_fd);
    }
    free(o->buffer);
    free(o->temporary);
    free(o->final);
    free(o->path);
    free(o);
}
