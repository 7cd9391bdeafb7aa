/* inputs.c - the captures named on the command line as one source.
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
#include <sys/resource.h>
#include <sys/stat.h>

#include "capture/source_file.h"
#include "capture/source_merged.h"
#include "report/interrupt.h"
#include "report/message.h"
#include "report/words.h"

/* Above this share of lost packets the results may be wrong (one in a thousand). */
static const double LOSS_TOLD = 0.001;
enum {
    DAMAGE_TOLD_MAX = 3, /* lines about damaged inputs; the rest is counted */
    FILES_BESIDES = 64,  /* open files besides the inputs */
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

/* A day's rotated captures can be more files than a process may usually have open. */
static void allow_files(size_t count)
{
    struct rlimit files;
    rlim_t needed = (rlim_t)count + FILES_BESIDES;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < needed) {
        files.rlim_cur = files.rlim_max < needed ? files.rlim_max : needed;
        setrlimit(RLIMIT_NOFILE, &files); /* if not: the ones that cannot be opened are told */
    }
}

/* Opens each file; returns how many could be. */
static size_t open_each(const struct settings *settings, bool hash, struct source **sources,
                        bool tell)
{
    size_t count = 0;
    allow_files(settings->file_count);
    for (size_t i = 0; i < settings->file_count; i++) {
        struct source_file_options options = {.hash = hash, .file = (unsigned)count};
        struct fail fail = {0};
        sources[count] = source_file_open(settings->files[i], &options, &fail);
        if (sources[count]) {
            count++;
        } else if (tell) {
            message_fail(&fail);
        }
    }
    return count;
}

/* All that can be opened as one source; NULL: none. */
static struct source *open_all(const struct settings *settings, bool hash, bool tell,
                               size_t *unreadable)
{
    struct source **sources = calloc(settings->file_count + 1, sizeof(struct source *));
    struct source *all = NULL;
    size_t count = sources ? open_each(settings, hash, sources, tell) : 0;
    *unreadable = settings->file_count - count;
    if (count == 1) {
        all = sources[0];
    } else if (count > 1) {
        all = source_merged_new(sources, count);
    }
    free(sources);
    return all;
}

/* Reads everything once to know when it ends. False: it cannot be read twice. */
static bool find_end(const struct settings *settings, int64_t *last_ns)
{
    struct packet p;
    struct stat st;
    size_t unreadable;
    enum source_answer answer = SOURCE_NOTHING;
    for (size_t i = 0; i < settings->file_count; i++) {
        if (stat(settings->files[i], &st) == 0 && !S_ISREG(st.st_mode)) {
            char name[MESSAGE_NAME_MAX];
            message("--since and --until cannot count from the end of %s, which can be read only "
                    "once; give a time such as 14:02",
                    message_name(settings->files[i], name));
            return false;
        }
    }
    struct source *source = open_all(settings, false, false, &unreadable);
    *last_ns = INT64_MIN;
    while (source && answer != SOURCE_END && !interrupt_signal()) {
        answer = source_next(source, &p);
        if (answer == SOURCE_PACKET && p.mark.time_ns > *last_ns) {
            *last_ns = p.mark.time_ns;
        }
    }
    source_free(source);
    return true;
}

bool inputs_open(struct inputs *in, const struct settings *settings)
{
    *in = (struct inputs){.period = {INT64_MIN, INT64_MAX}};
    if (period_needs_end(settings) && !find_end(settings, &in->last_ns)) {
        return false;
    }
    in->source = open_all(settings, settings->hash, true, &in->unreadable);
    return in->source != NULL;
}

void inputs_close(struct inputs *in)
{
    source_free(in->source);
    in->source = NULL;
}

bool inputs_wanted(struct inputs *in, const struct settings *settings, const struct packet *p)
{
    if (!in->period_known) {
        in->period = period_resolve(settings, p->mark.time_ns, in->last_ns);
        in->period_known = true;
    }
    return period_holds(&in->period, p->mark.time_ns);
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
