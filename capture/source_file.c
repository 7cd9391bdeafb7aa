/* source_file.c - captures from files, stdin and FIFOs: pcap and pcapng, plain or compressed.
 *
 * What an input is, its content decides. The format readers (pcapfile.c, pcapng.c) find the next
 * packet in a window that slides over the input (window.c); here it is opened, recognized, and the
 * packets are counted. Packets are handed out where they lie; nothing is copied.
 *
 * One file of many is looked at as far as its first packet's time, then rests: everything is given
 * back, and only the first source_next begins to read. It is opened for each read, so the number of
 * open files is no limit.
 *
 * A damaged input gives every packet before the damage, then ends and says where it broke. A signal
 * that arrives while a pipe is waited for comes out as SOURCE_NOTHING.
 */
#include "capture/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/foreign.h"
#include "capture/pcapfile.h"
#include "capture/pcapng.h"

enum {
    NAME_SHOWN_MAX = 300,
    BACKWARDS_NS = 1000000, /* a packet earlier than this before its forerunner is out of order */
};

enum format { FORMAT_PCAP, FORMAT_PCAPNG };

struct source_file {
    struct source source;
    struct source_input input;
    char *name;
    struct window window;
    enum format format;
    struct pcapfile pcap;
    struct pcapng pcapng;
    uint64_t file_bits; /* index of the file, where marks have it */
    struct window_input from;
    bool hash;
    void (*secrets)(void *ctx, struct bytes lines);
    void *secrets_ctx;
    bool resting; /* to be begun again; the first packet has time first_ns */
    int64_t first_ns;
    int64_t last_ns; /* time of the packet before */
    bool finished;
    struct damage damage;
};

/* The one place that goes from the interface back to our own struct, its first member. */
static struct source_file *own(struct source *s)
{
    return (struct source_file *)s;
}

static const struct source_file *own_const(const struct source *s)
{
    return (const struct source_file *)s;
}

static void count(struct source_file *f, const struct packet *p)
{
    struct source_input *in = &f->input;
    in->bytes += p->data.len;
    in->size = f->window.stored;
    if (p->data.len < p->wire_len) {
        in->truncated++;
    }
    if (in->packets == 1) {
        in->linktype = p->linktype;
        in->first = in->last = p->mark;
    } else if (p->mark.time_ns < f->last_ns - BACKWARDS_NS) {
        in->backwards++;
    }
    if (p->mark.time_ns >= in->last.time_ns) {
        in->last = p->mark;
    } else if (p->mark.time_ns < in->first.time_ns) {
        in->first = p->mark;
    }
    f->last_ns = p->mark.time_ns;
}

/* No more packets. A regular file is read to its end for the hash, also behind damage; a pipe is
 * not, for its writer may go on for ever. */
static void finish(struct source_file *f, bool damaged)
{
    f->finished = true;
    if (f->window.hash) {
        if (f->input.size_whole > 0) {
            window_drain(&f->window);
        }
        if (f->window.ended && f->window.trouble != TROUBLE_READ) {
            crypto_hash_hex(f->window.hash, f->input.sha256);
        }
    }
    f->input.size = f->window.stored;
    f->input.damaged = damaged ? f->damage.text : NULL;
    window_reset(&f->window); /* of 2000 files that follow one another only one is in memory */
    pcapng_reset(&f->pcapng);
}

static bool open_fail(const char *shown, int error, struct fail *fail)
{
    const char *advice =
        error == EACCES ? "; if root recorded it, let root read it: sudo cat FILE | wiretale read -"
                        : "";
    return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: %s%s", shown, fail_reason(error),
                    advice);
}

/* The descriptor to read from and what fstat says of it; -1 with fail set. */
static int open_input(const char *path, const char *shown, struct stat *about, struct fail *fail)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, about) != 0) {
        open_fail(shown, errno, fail);
    } else if (S_ISDIR(about->st_mode)) {
        fail_set(fail, STATUS_NO_INPUT, "%s is a directory, not a capture; name the files in it",
                 shown);
    } else if (isatty(fd)) {
        fail_set(fail, STATUS_NO_INPUT,
                 "%s is a terminal, and no capture comes from there; "
                 "pipe one in: tcpdump -i eth0 -U -w - port 25 | wiretale read -",
                 shown);
    } else {
        return fd;
    }
    if (fd >= 0 && !is_stdin) {
        close(fd);
    }
    return -1;
}

/* Gets len bytes of the beginning into the window, or what there is. False with fail set when it
 * cannot be read. */
static bool look(struct window *w, size_t len, const char *shown, struct bytes *head,
                 struct fail *fail)
{
    enum window_answer answer = window_need(w, len);
    *head = window_rest(w);
    if (answer == WINDOW_AGAIN) {
        return fail_set(fail, STATUS_NO_INPUT, "%s: interrupted before anything was read", shown);
    }
    switch (w->trouble) {
    case TROUBLE_NONE:
        return true;
    case TROUBLE_READ:
        return open_fail(shown, w->error, fail);
    case TROUBLE_MEMORY:
        return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: out of memory", shown);
    case TROUBLE_PACKED_CUT:
    case TROUBLE_PACKED_BROKEN:
        break;
    }
    return head->len >= len || fail_set(fail, STATUS_NO_INPUT,
                                        "%s is %s data that breaks off before a capture's header",
                                        shown, unpack_name(w->unpack));
}

/* Where the input is compressed: unpacks from here on. *head is then of what was inside. */
static bool unpack(struct window *w, const char *shown, struct bytes *head, struct fail *fail)
{
    const struct unpack_format *format = unpack_recognize(*head);
    if (!format) {
        return true;
    }
    if (!window_unpack(w, format)) {
        return fail_set(fail, STATUS_NO_INPUT, "cannot read %s: out of memory", shown);
    }
    if (!look(w, PCAPNG_HEADER_LEN, shown, head, fail)) {
        return false;
    }
    const struct unpack_format *inside = unpack_recognize(*head);
    return !inside || fail_set(fail, STATUS_NO_INPUT,
                               "%s is compressed twice, with %s inside %s; "
                               "unpack it once on the way: %s FILE | wiretale read -",
                               shown, inside->name, format->name, format->tool);
}

/* Recognizes the input and takes its header. */
static bool begin(struct source_file *f, const char *shown, struct fail *fail)
{
    struct bytes head;
    struct window *w = &f->window;
    if (!look(w, PCAPNG_HEADER_LEN, shown, &head, fail) || !unpack(w, shown, &head, fail)) {
        return false;
    }
    if (pcapng_matches(head)) {
        f->format = FORMAT_PCAPNG;
        f->pcapng.secrets = f->secrets;
        f->pcapng.secrets_ctx = f->secrets_ctx;
        return true;
    }
    /* A header is all that a pipe may hold for a long time, so no more is waited for. */
    size_t len = pcapfile_matches(head) ? PCAPFILE_HEADER_LEN : FOREIGN_HEAD_LEN;
    if (!look(w, len, shown, &head, fail)) {
        return false;
    }
    if (head.len > len) {
        head.len = len;
    }
    if (!pcapfile_begin(&f->pcap, head, &f->input)) {
        return foreign_fail(shown, head, w->unpack != NULL, fail);
    }
    window_skip(w, f->pcap.begin_len);
    return true;
}

static enum source_answer read_on(struct source_file *f, struct packet *out)
{
    enum record_answer answer =
        f->format == FORMAT_PCAP
            ? pcapfile_next(&f->pcap, &f->window, f->input.packets, out, &f->damage)
            : pcapng_next(&f->pcapng, &f->window, f->input.packets, &f->input, out, &f->damage);
    if (answer == RECORD_PACKET) {
        out->mark.packet = ++f->input.packets | f->file_bits;
        count(f, out);
        return SOURCE_PACKET;
    }
    if (answer == RECORD_AGAIN) {
        return SOURCE_NOTHING;
    }
    finish(f, answer == RECORD_DAMAGED);
    return SOURCE_END;
}

/* Looks at the first packet and gives everything back. */
static void rest(struct source_file *f)
{
    struct packet p;
    struct source_input as_opened = f->input;
    if (read_on(f, &p) != SOURCE_PACKET) {
        return; /* there is nothing to wake up for */
    }
    f->first_ns = p.mark.time_ns;
    f->resting = true;
    as_opened.size = 0;
    f->input = as_opened;
    window_reset(&f->window);
    pcapng_reset(&f->pcapng);
}

/* Begins again after rest. False: it changed meanwhile. */
static bool wake(struct source_file *f)
{
    struct fail fail = {0};
    char shown[NAME_SHOWN_MAX];
    f->resting = false;
    fail_quote_name(f->name, shown, sizeof shown);
    if (window_init(&f->window, &f->from, f->hash) && begin(f, shown, &fail)) {
        return true;
    }
    snprintf(f->damage.text, sizeof f->damage.text, "changed while it was read");
    finish(f, true);
    return false;
}

static enum source_answer file_next(struct source *s, struct packet *out)
{
    struct source_file *f = own(s);
    if (f->finished || (f->resting && !wake(f))) {
        return SOURCE_END;
    }
    return read_on(f, out);
}

static bool file_rests(const struct source *s, int64_t *time_ns)
{
    const struct source_file *f = own_const(s);
    *time_ns = f->first_ns;
    return f->resting;
}

static size_t file_input_count(const struct source *s)
{
    (void)s;
    return 1;
}

static const struct source_input *file_input(const struct source *s, size_t index)
{
    (void)index;
    return &own_const(s)->input;
}

static double file_progress(const struct source *s)
{
    const struct source_file *f = own_const(s);
    const struct source_input *in = &f->input;
    if (in->size_whole == 0) {
        return -1;
    }
    return in->size < in->size_whole ? (double)in->size / (double)in->size_whole : 1;
}

static void file_free(struct source *s)
{
    struct source_file *f = own(s);
    window_reset(&f->window);
    pcapng_reset(&f->pcapng);
    free(f->name);
    free(f);
}

static const struct source_class file_class = {
    .next = file_next,
    .input_count = file_input_count,
    .input = file_input,
    .progress = file_progress,
    .rests = file_rests,
    .free = file_free,
};

/* How the input is read: of many files none is held open. Takes the descriptor over. */
static void choose_input(struct source_file *f, int fd, bool many, const struct stat *about)
{
    bool is_file = S_ISREG(about->st_mode);
    f->from = (struct window_input){.fd = fd, .owns_fd = fd != STDIN_FILENO};
    f->input.size_whole = is_file && about->st_size > 0 ? (uint64_t)about->st_size : 0;
    if (many && is_file && f->from.owns_fd) {
        close(fd);
        f->from = (struct window_input){
            .fd = -1, .path = f->name, .device = about->st_dev, .inode = about->st_ino};
    }
}

struct source *source_file_open(const char *path, const struct source_file_options *options,
                                struct fail *fail)
{
    char shown[NAME_SHOWN_MAX];
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    struct stat about;
    fail_quote_name(name, shown, sizeof shown);
    int fd = open_input(path, shown, &about, fail);
    if (fd < 0) {
        return NULL;
    }
    struct source_file *f = calloc(1, sizeof *f);
    if (!f || !(f->name = strdup(name))) {
        fail_set(fail, STATUS_NO_INPUT, "cannot read %s: out of memory", shown);
        free(f);
        if (fd != STDIN_FILENO) {
            close(fd);
        }
        return NULL;
    }
    f->source.class = &file_class;
    f->input.name = f->name;
    f->input.linktype = -1;
    f->file_bits = (uint64_t)options->file << MARK_FILE_SHIFT;
    f->hash = options->hash;
    f->secrets = options->secrets;
    f->secrets_ctx = options->secrets_ctx;
    choose_input(f, fd, options->many, &about);
    if (!window_init(&f->window, &f->from, f->hash)) {
        fail_set(fail, STATUS_NO_INPUT, "cannot read %s: out of memory", shown);
        file_free(&f->source);
        return NULL;
    }
    if (!begin(f, shown, fail)) {
        file_free(&f->source);
        return NULL;
    }
    f->input.size = f->window.stored;
    if (f->from.fd < 0) {
        rest(f);
    }
    return &f->source;
}
