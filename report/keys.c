/* keys.c - the key log of --keylog and the secrets that captures carry, for as long as a run lasts.
 *
 * The log is read once, at the beginning: of it only what tls_keylog keeps stays in memory, and the
 * buffer it came through is wiped. SSLKEYLOGFILE is not looked at: whoever wants mail to be read
 * says so.
 */
#include "report/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/crypto_record.h"
#include "capture/fail.h"
#include "dissect/limits.h"
#include "dissect/tls/keylog.h"
#include "report/interrupt.h"
#include "report/message.h"
#include "report/words.h"

enum { BUFFER_LEN = 65536, TELL_MAX = 512 };

/* Hands over the whole lines in the buffer; of a line that fills it, nothing. How many bytes of a
 * line without end are left at its beginning. */
static size_t add_lines(struct tls_keylog *keys, uint8_t *buffer, size_t len, bool *cut)
{
    uint8_t *end = memrchr(buffer, '\n', len);
    size_t used = end ? (size_t)(end - buffer) + 1 : 0;
    struct bytes lines = {buffer, used};

    if (*cut && end) { /* what goes on from the buffer before is no line */
        const uint8_t *first = memchr(buffer, '\n', len);
        lines.data = first + 1;
        lines.len = used - (size_t)(lines.data - buffer);
        *cut = false;
    }
    tls_keylog_add(keys, lines);
    if (!end && len == BUFFER_LEN) {
        *cut = true;
        return 0;
    }
    memmove(buffer, buffer + used, len - used);
    return len - used;
}

static bool read_log(struct tls_keylog *keys, int fd, uint8_t *buffer, int *error)
{
    size_t len = 0;
    bool cut = false;

    while (!interrupt_signal()) {
        ssize_t got = read(fd, buffer + len, BUFFER_LEN - len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            *error = errno;
            return false;
        }
        if (got == 0) {
            break;
        }
        len = add_lines(keys, buffer, len + (size_t)got, &cut);
    }
    if (!cut) {
        tls_keylog_add(keys, (struct bytes){buffer, len}); /* a last line without end */
    }
    return true;
}

static bool read_file(struct tls_keylog *keys, const char *path, struct fail *fail)
{
    char name[MESSAGE_NAME_MAX];
    uint8_t *buffer = crypto_secret_alloc(BUFFER_LEN);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error = errno;
    struct stat st;
    bool good = false;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        error = EISDIR;
    } else if (fd >= 0 && buffer) {
        good = read_log(keys, fd, buffer, &error);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    crypto_secret_free(buffer, BUFFER_LEN);
    return good || fail_set(fail, STATUS_USAGE, "cannot read the key log %s: %s",
                            message_name(path, name), fail_reason(error));
}

bool keys_open(struct settings *settings, struct fail *fail)
{
    static const struct rlimit none = {0, 0};

    if (settings->run != RUN_READ && settings->run != RUN_SHOW && settings->run != RUN_REPLAY) {
        return true;
    }
    settings->keys = tls_keylog_new();
    if (!settings->keys) {
        return fail_set(fail, STATUS_NO_INPUT, "out of memory");
    }
    if (!settings->keylog) {
        return true;
    }
    (void)setrlimit(RLIMIT_CORE, &none); /* besides what privilege_not_dumpable does */
    if (!read_file(settings->keys, settings->keylog, fail)) {
        keys_close(settings);
        return false;
    }
    return true;
}

void keys_close(struct settings *settings)
{
    tls_keylog_free(settings->keys);
    settings->keys = NULL;
}

void keys_add(void *ctx, struct bytes lines)
{
    tls_keylog_add(ctx, lines);
}

/* "; 3 TLS sessions opened" and the like, where there are any. */
static void add_count(char *text, uint64_t count, const char *what)
{
    if (count) {
        words_add(text, TELL_MAX, "%s%s %s", text[0] ? ", " : "",
                  words_counted(count, "TLS session").s, what);
    }
}

void keys_tell(const struct settings *settings)
{
    char name[MESSAGE_NAME_MAX], text[TELL_MAX] = "";
    const struct tls_keylog_totals *t = settings->keys ? tls_keylog_totals(settings->keys) : NULL;
    const char *from = "keys in the capture";

    if (!t || (!settings->keylog && !t->secrets)) {
        return;
    }
    if (settings->keylog) {
        from = message_name(settings->keylog, name);
    }
    if (!t->secrets) {
        message("%s: no secret of TLS in it (%s not understood); a line of a key log is "
                "CLIENT_RANDOM or CLIENT_TRAFFIC_SECRET_0, the client random and the secret, in "
                "hexadecimal",
                from, words_counted(t->strange, "line").s);
        return;
    }
    add_count(text, t->opened, "decrypted");
    add_count(text, t->partly, "decrypted in part");
    add_count(text, t->misfits, "with keys that do not fit (told as encrypted)");
    add_count(text, t->lost, "that could not be followed behind a gap (told as encrypted)");
    add_count(text, t->unsupported, "of a version or cipher that is not decrypted");
    add_count(text, t->keyless, "whose keys are missing");
    if (t->strange) {
        words_add(text, sizeof(text), "%s%s not understood", text[0] ? "; " : "",
                  words_counted(t->strange, "line").s);
    }
    if (t->dropped) {
        words_add(text, sizeof(text),
                  "; of more than %d secrets the oldest %" PRIu64 " were given up",
                  LIMIT_KEYLOG_SECRETS, t->dropped);
    }
    if (text[0] && !(settings->quiet && !t->misfits)) {
        message("%s: %s", from, text);
    }
}
