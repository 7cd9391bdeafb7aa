/* html.c - the report as one self-contained HTML page: the writer.
 *
 * The page says at its top what is known only at the end, so sessions are spooled while they pass
 * (html_spool.c) and the page is written at the end, section by section. The same input, options
 * and redaction key give the same bytes: no time of making, no order of memory.
 */
#include "report/html.h"

#include <stdlib.h>

#include "report/html_parts.h"
#include "report/output.h"

struct html {
    struct writer writer;
    struct output *output;
    struct html_spool spool;
};

static void html_begin(struct writer *w, const struct settings *settings)
{
    w->settings = settings;
}

static void html_session(struct writer *w, const struct session *s)
{
    struct html *h = (struct html *)w;

    html_spool_add(&h->spool, w->settings, s);
}

/* The session shown in full: the verdict's representative. */
static const struct html_kept *choose_one(const struct html_spool *spool, const struct verdict *v)
{
    for (size_t i = 0; v->exists && i < spool->count; i++) {
        const struct html_kept *k = &spool->kept[i];
        if (k->group == v->group->number && k->representative && k->told) {
            return k;
        }
    }
    return NULL;
}

static bool html_end(struct writer *w, const struct report_end *end, struct fail *fail)
{
    struct html *h = (struct html *)w;
    struct page p = {
        .out = output_file(h->output),
        .settings = w->settings,
        .end = end,
        .fleet = end->fleet,
        .verdict = fleet_verdict(end->fleet),
        .spool = &h->spool,
    };

    html_spool_resolve(&h->spool, end->fleet);
    p.one = choose_one(&h->spool, p.verdict);
    html_page_begin(&p);
    html_verdict(&p);
    html_when(&p);
    html_moments(&p);
    html_findings(&p);
    html_one(&p);
    html_sessions(&p);
    html_trust(&p);
    html_page_end(&p);
    if (h->spool.failed) {
        return fail_set(fail, STATUS_NOT_WRITTEN,
                        "cannot use the temporary file for the HTML report: is the disk full?");
    }
    return output_commit(h->output, fail);
}

static void html_free(struct writer *w)
{
    struct html *h = (struct html *)w;

    html_spool_free(&h->spool);
    output_abort(h->output);
    free(h);
}

static const struct writer_class html_class = {
    "html", html_begin, html_session, html_end, html_free,
};

struct writer *html_writer_new(const char *path, const struct settings *settings, struct fail *fail)
{
    enum output_mode mode = settings->run == RUN_LIVE ? OUTPUT_WHOLE_LATER : OUTPUT_WHOLE;
    struct html *h = calloc(1, sizeof *h);

    if (!h) {
        fail_set(fail, STATUS_NOT_WRITTEN, "out of memory");
        return NULL;
    }
    h->writer = (struct writer){&html_class, settings};
    if (!html_spool_init(&h->spool, fail) || !(h->output = output_open_mode(path, mode, fail))) {
        html_spool_free(&h->spool);
        free(h);
        return NULL;
    }
    return &h->writer;
}
