/* fuzz_source_file.c - any bytes as a capture file, from a file and, where they fit into one, a
 * pipe.
 *
 * Whatever it is, reading ends; each packet lies in readable memory, has a time we promise, and the
 * next number; both ways give the same packets and the same words about damage.
 */
#include "capture/source_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    INPUT_MAX = 1 << 20,
    PIPE_MAX = 65536, /* what a pipe holds without a reader */
};

#define TIME_MAX INT64_C(9000000000000000000)

/* What one reading came to. */
struct told {
    uint64_t packets, sum;
    char words[FAIL_TEXT_MAX]; /* of damage, or why it is no capture */
};

static void require(bool claim)
{
    if (!claim) {
        abort();
    }
}

static uint64_t look_at(const struct packet *p, uint64_t number)
{
    uint64_t sum = (uint64_t)p->mark.time_ns ^ p->wire_len ^ (uint64_t)p->linktype;
    require(mark_frame(p->mark) == number);
    require(mark_file(p->mark) == 7);
    require(p->mark.time_ns >= 0 && p->mark.time_ns <= TIME_MAX);
    require(p->wire_len >= p->data.len);
    for (size_t i = 0; i < p->data.len; i++) {
        sum = sum * 31 + p->data.data[i];
    }
    return sum;
}

static void require_printable(const char *words)
{
    for (; *words; words++) {
        require(((unsigned char)*words >= 0x20 && *words != 0x7f) || *words == '\n');
    }
}

static void count_secrets(void *ctx, struct bytes lines)
{
    struct told *told = ctx;

    for (size_t i = 0; i < lines.len; i++) {
        told->sum += lines.data[i];
    }
}

static void read_all(const char *path, struct told *told)
{
    struct source_file_options options = {
        .hash = true, .file = 7, .secrets = count_secrets, .secrets_ctx = told};
    struct fail fail = {0};
    struct packet p;
    struct source *s = source_file_open(path, &options, &fail);
    if (!s) {
        require(fail.status == STATUS_NO_INPUT);
        const char *words = strchr(fail.text, ' '); /* behind the name, which differs */
        snprintf(told->words, sizeof told->words, "%s", words ? words : "");
    } else {
        while (source_next(s, &p) == SOURCE_PACKET) {
            told->packets++;
            told->sum = told->sum * 31 + look_at(&p, told->packets);
        }
        const struct source_input *in = source_input(s, 0);
        require(in->packets == told->packets);
        require(in->truncated <= in->packets && in->backwards <= in->packets);
        require(in->packets == 0 || in->first.time_ns <= in->last.time_ns);
        snprintf(told->words, sizeof told->words, "%s", in->damaged ? in->damaged : "");
    }
    require_printable(told->words);
    source_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    int ends[2];
    static struct told from_file, from_pipe;
    if (size > INPUT_MAX) {
        return 0;
    }
    memset(&from_file, 0, sizeof from_file);
    memset(&from_pipe, 0, sizeof from_pipe);
    int fd = memfd_create("fuzz", 0);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_all(path, &from_file);
    close(fd);
    if (size > PIPE_MAX) {
        return 0;
    }
    require(pipe(ends) == 0 && write(ends[1], data, size) == (ssize_t)size);
    close(ends[1]);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    read_all(path, &from_pipe);
    close(ends[0]);
    require(from_file.packets == from_pipe.packets && from_file.sum == from_pipe.sum);
    require(strcmp(from_file.words, from_pipe.words) == 0);
    return 0;
}
