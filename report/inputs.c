/* inputs.c - the captures named on the command line as one source.
 *
 * A directory stands for the captures in it. What else surely lies there (a text, a picture) needs
 * no word, except with --verbose; what was named by somebody or is named like a capture does, and
 * so does what nobody can tell: it may be a capture that was damaged at its start.
 *
 * One that cannot be opened does not stop the others: it is told, and the run ends with status 4
 * instead of 0. Inputs that break in the middle are used up to there. Files are numbered in the
 * order given, those that could not be opened left out.
 */
#include "report/inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/listing.h"
#include "capture/source_file.h"
#include "capture/source_merged.h"
#include "report/diagnose/loss.h"
#include "report/interrupt.h"
#include "report/keys.h"
#include "report/message.h"
#include "report/words.h"

/* Above this share of lost packets the results may be wrong (one in a thousand). */
static const double LOSS_TOLD = 0.001;
enum {
    DAMAGE_TOLD_MAX = 3, /* lines about damaged inputs; the rest is counted */
    UNREADABLE_TOLD_MAX = 3,
    FILES_HELD_MAX = 64, /* more are opened when they are read */
    FILES_MAX = 1 << 16, /* what marks can tell apart */
};

/* What is known while the inputs are opened. */
struct opening {
    const struct settings *settings;
    bool hash, tell;
    struct listing names;
    struct source **sources;
    size_t count, unreadable, foreign;
    bool refused; /* an output would replace one of them */
};

const char *inputs_name(const struct settings *settings, char *out, size_t size)
{
    char name[MESSAGE_NAME_MAX];
    const char *first = settings->file_count > 0 ? settings->files[0] : "";
    words_put(out, size, "%s", strcmp(first, "-") == 0 ? "stdin" : message_name(first, name));
    if (settings->file_count > 1) {
        words_add(out, size, " and %zu more", settings->file_count - 1);
    }
    return out;
}

/* One line each, of many the first few. */
static void tell_unreadable(struct opening *o, const struct fail *fail)
{
    if (o->unreadable++ < UNREADABLE_TOLD_MAX && o->tell) {
        message_fail(fail);
    }
}

/* A report must not replace the capture it is made from, in a directory as little as by name. */
static bool would_be_replaced(const struct opening *o, const char *what, const char *path)
{
    const char *outputs[] = {o->settings->html, o->settings->xml, o->settings->jsonl};
    char name[MESSAGE_NAME_MAX];
    struct stat in, out;
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        if (outputs[i] && stat(outputs[i], &out) == 0 && stat(path, &in) == 0 &&
            in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
            message("the report would replace the %s %s; name another file", what,
                    message_name(path, name));
            return true;
        }
    }
    return false;
}

static void open_one(struct opening *o, const struct listing_entry *entry, bool many)
{
    struct source_file_options options = {.hash = o->hash,
                                          .many = many,
                                          .file = (unsigned)o->count,
                                          .secrets = o->tell ? keys_add : NULL,
                                          .secrets_ctx = o->settings->keys};
    struct fail fail = {0};
    if (o->count == FILES_MAX) {
        fail_set(&fail, STATUS_NO_INPUT, "more than %d captures cannot be read at once", FILES_MAX);
        tell_unreadable(o, &fail);
        return;
    }
    struct source *source = source_file_open(entry->path, &options, &fail);
    if (source) {
        o->refused = o->refused || (entry->found && would_be_replaced(o, "capture", entry->path));
        o->sources[o->count++] = source;
    } else if (entry->found && fail.is_foreign && !listing_names_capture(entry->path)) {
        o->foreign++;
        if (o->settings->verbose && o->tell) {
            message_fail(&fail);
        }
    } else {
        tell_unreadable(o, &fail);
    }
}

/* Opens all that can be. */
static void open_each(struct opening *o)
{
    const struct settings *settings = o->settings;
    for (size_t i = 0; i < settings->file_count; i++) {
        struct fail fail = {0};
        if (!listing_add(&o->names, settings->files[i], &fail)) {
            tell_unreadable(o, &fail);
        }
    }
    o->sources = calloc(o->names.count + 1, sizeof(struct source *));
    for (size_t i = 0; o->sources && i < o->names.count && !o->refused; i++) {
        open_one(o, &o->names.entries[i], o->names.count > FILES_HELD_MAX);
    }
    if (o->tell && o->unreadable > UNREADABLE_TOLD_MAX) {
        message("%zu more could not be read", o->unreadable - UNREADABLE_TOLD_MAX);
    }
    if (o->tell && o->count == 0 && o->foreign > 0) {
        message("no capture among %s; with -v each is told", words_counted(o->foreign, "file").s);
    }
}

/* All that can be opened as one source; NULL: none. */
static struct source *open_all(const struct settings *settings, bool hash, bool tell,
                               struct inputs *in)
{
    struct opening o = {.settings = settings, .hash = hash, .tell = tell};
    struct source *all = NULL;
    o.refused = settings->keylog && would_be_replaced(&o, "key log", settings->keylog);
    open_each(&o);
    if (!o.refused && o.count == 1) {
        all = o.sources[0];
    } else if (!o.refused && o.count > 1) {
        all = source_merged_new(o.sources, o.count);
    }
    for (size_t i = 0; !all && i < o.count; i++) {
        source_free(o.sources[i]);
    }
    in->unreadable = o.unreadable;
    in->refused = in->refused || o.refused;
    free(o.sources);
    listing_reset(&o.names);
    return all;
}

/* Reads everything once to know when it ends. False: it cannot be read twice. */
static bool find_end(const struct settings *settings, struct inputs *in)
{
    struct packet p;
    struct stat st;
    enum source_answer answer = SOURCE_NOTHING;
    for (size_t i = 0; i < settings->file_count; i++) {
        if (stat(settings->files[i], &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
            char name[MESSAGE_NAME_MAX];
            message("--since and --until cannot count from the end of %s, which can be read only "
                    "once; give a time such as 14:02",
                    message_name(settings->files[i], name));
            return false;
        }
    }
    struct source *source = open_all(settings, false, false, in);
    in->last_ns = INT64_MIN;
    while (source && answer != SOURCE_END && !interrupt_signal()) {
        answer = source_next(source, &p);
        if (answer == SOURCE_PACKET && p.mark.time_ns > in->last_ns) {
            in->last_ns = p.mark.time_ns;
        }
    }
    source_free(source);
    return true;
}

bool inputs_open(struct inputs *in, const struct settings *settings)
{
    *in = (struct inputs){.period = {INT64_MIN, INT64_MAX}};
    if (period_needs_end(settings) && (!find_end(settings, in) || in->refused)) {
        return false;
    }
    in->source = open_all(settings, settings->hash, true, in);
    return in->source != NULL;
}

void inputs_close(struct inputs *in)
{
    source_free(in->source);
    in->source = NULL;
}

void inputs_resolve_period(struct inputs *in, const struct settings *settings, int64_t first_ns)
{
    in->period = period_resolve(settings, first_ns, in->last_ns);
    in->period_known = true;
}

void inputs_learn_drops(const struct source *source)
{
    uint64_t packets = 0, dropped = 0;
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *input = source_input(source, i);
        packets += input->packets;
        dropped += input->drops_known ? input->dropped_kernel + input->dropped_interface : 0;
    }
    loss_learn_drops(packets, dropped);
}

/* Whether it lost enough to say so; then it was said. */
static bool tell_loss(const struct source_input *input)
{
    char name[MESSAGE_NAME_MAX];
    uint64_t lost = input->dropped_kernel + input->dropped_interface;
    if (!input->drops_known || (double)lost <= LOSS_TOLD * (double)(input->packets + lost)) {
        return false;
    }
    message(
        "%s: %s were lost while capturing (%.1f %%); silences in it may be packets that were not "
        "seen",
        message_name(input->name, name), words_counted(lost, "packet").s,
        100 * (double)lost / (double)(input->packets + lost));
    return true;
}

enum status inputs_tell(const struct source *source, size_t unreadable)
{
    char name[MESSAGE_NAME_MAX];
    size_t damaged = 0;
    bool lossy = false;
    for (size_t i = 0; i < source_input_count(source); i++) {
        const struct source_input *input = source_input(source, i);
        if (input->damaged && ++damaged <= DAMAGE_TOLD_MAX) {
            message("%s %s; everything before it was used", message_name(input->name, name),
                    input->damaged);
        }
        lossy = tell_loss(input) || lossy;
    }
    if (damaged > DAMAGE_TOLD_MAX) {
        message("%zu more inputs are damaged", damaged - DAMAGE_TOLD_MAX);
    }
    return damaged > 0 || lossy || unreadable > 0 ? STATUS_DAMAGED : STATUS_DONE;
}
