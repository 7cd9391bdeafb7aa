/* progress.c - one line that says how far reading has come.
 *
 * Only where standard error is a terminal, so that no carriage return ever reaches a file, and only
 * after a second, so that small captures show nothing. There is one progress line as there is one
 * standard error: its state is this file's own.
 */
#include "report/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "report/message.h"
#include "report/words.h"

enum { STEPS_PER_LOOK = 512, FIRST_MS = 1000, REFRESH_MS = 200 };

static struct {
    const char *name;
    bool wanted, shown;
    unsigned steps;
    int64_t begun_ms, shown_ms;
} line;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_begin(const char *name)
{
    line.name = name;
    line.wanted = isatty(STDERR_FILENO) == 1;
    line.begun_ms = now_ms();
    line.shown_ms = line.begun_ms + FIRST_MS - REFRESH_MS;
    line.steps = 0;
}

/* Bytes of all inputs read so far, as stored. */
static uint64_t bytes_read(const struct source *source)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < source_input_count(source); i++) {
        bytes += source_input(source, i)->size;
    }
    return bytes;
}

static void show(const struct source *source, int64_t now, uint64_t packets, uint64_t sessions)
{
    double part = source_progress(source);
    double seconds = (double)(now - line.begun_ms) / 1000;
    uint64_t bytes = bytes_read(source);
    fprintf(stderr, "\r\033[Kreading %s", line.name);
    if (part > 0 && part <= 1) {
        fprintf(stderr, "  %d %%  %s of %s  %.0f s left", (int)(part * 100), words_size(bytes).s,
                words_size((uint64_t)((double)bytes / part)).s, seconds / part - seconds);
    } else {
        fprintf(stderr, "  %s", words_size(bytes).s);
    }
    fprintf(stderr, "  %s/s  %s packets  %s", words_size((uint64_t)((double)bytes / seconds)).s,
            words_count(packets).s, words_counted(sessions, "session").s);
    fflush(stderr);
    line.shown = true;
    line.shown_ms = now;
}

void progress_answer(const struct source *source, uint64_t packets, uint64_t sessions)
{
    double part = source_progress(source);
    char share[16] = "";
    if (part > 0 && part <= 1) {
        words_put(share, sizeof(share), "%d %%, ", (int)(part * 100));
    }
    message("reading %s: %s%s, %s, %s", line.name, share, words_size(bytes_read(source)).s,
            words_counted(packets, "packet").s, words_counted(sessions, "session").s);
}

bool progress_due(void)
{
    return line.wanted && ++line.steps % STEPS_PER_LOOK == 0;
}

void progress_step(const struct source *source, uint64_t packets, uint64_t sessions)
{
    int64_t now = now_ms();
    if (now - line.shown_ms >= REFRESH_MS) {
        show(source, now, packets, sessions);
    }
}

void progress_wipe(void)
{
    if (line.shown) {
        fputs("\r\033[K", stderr);
        line.shown = false;
    }
}

void progress_end(void)
{
    progress_wipe();
    line.wanted = false;
}
