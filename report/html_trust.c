/* html_trust.c - how far to trust the report: what the capture lacks, and where it all came from.
 */
#include <inttypes.h>
#include <string.h>

#include "report/diagnose/thresholds.h"
#include "report/escape.h"
#include "report/html_parts.h"
#include "report/version.h"
#include "report/told.h"
#include "report/words.h"

/* What each level hides, as far as a reader of the page must know. */
static const char *const redact_sentences[REDACT_COUNT] = {
    [REDACT_NONE] = "none: addresses of people are shown; message content and AUTH are never kept",
    [REDACT_ENVELOPE] =
        "envelope: local parts replaced by keyed tokens; message content and AUTH are "
        "never kept",
    [REDACT_SHARE] = "share",
    [REDACT_STRICT] = "strict",
};

struct inputs {
    uint64_t packets, dropped_kernel, dropped_interface, truncated, backwards;
    uint32_t snaplen_min, snaplen_max;
    bool drops_known, interface;
};

static struct inputs sum_inputs(const struct page *p)
{
    struct inputs sum = {.snaplen_min = UINT32_MAX};

    for (size_t i = 0; i < source_input_count(p->end->source); i++) {
        const struct source_input *in = source_input(p->end->source, i);
        sum.packets += in->packets;
        sum.dropped_kernel += in->dropped_kernel;
        sum.dropped_interface += in->dropped_interface;
        sum.truncated += in->truncated;
        sum.backwards += in->backwards;
        sum.drops_known = sum.drops_known || in->drops_known;
        sum.interface = sum.interface || in->is_interface;
        if (in->snaplen) {
            sum.snaplen_min = in->snaplen < sum.snaplen_min ? in->snaplen : sum.snaplen_min;
            sum.snaplen_max = in->snaplen > sum.snaplen_max ? in->snaplen : sum.snaplen_max;
        }
    }
    return sum;
}

static void put_quality(const struct page *p)
{
    const struct fleet_totals *t = fleet_totals(p->fleet);
    struct inputs sum = sum_inputs(p);
    struct told words;

    words_put(words.s, sizeof words.s, "%s read, %s of mail sessions",
              words_count(p->end->packets).s, words_count(p->end->mail_packets).s);
    html_pair(p, "Packets", words.s);
    if (sum.drops_known) {
        words_put(words.s, sizeof words.s, "%s by the kernel, %s by the interface",
                  words_count(sum.dropped_kernel).s, words_count(sum.dropped_interface).s);
    } else {
        words_put(words.s, sizeof words.s, "not stated by the input");
    }
    html_pair(p, "Dropped while capturing", words.s);
    words_put(words.s, sizeof words.s, "%s",
              sum.snaplen_max ? words_count(sum.snaplen_max).s : "not stated");
    words_add(words.s, sizeof words.s, ", %s truncated",
              p->end->truncated_packets ? words_counted(p->end->truncated_packets, "packet").s
                                        : "no packet");
    html_pair(p, "Snap length", words.s);
    words_put(words.s, sizeof words.s, "%s of %s", words_count(t->sessions - t->one_sided).s,
              words_counted(t->sessions, "session").s);
    html_pair(p, "Both directions", words.s);
    words_put(words.s, sizeof words.s, "%s%s", words_counted(t->midway, "session").s,
              t->midway ? ", marked; their beginning is not known" : "");
    html_pair(p, "Joined midway", words.s);
    words_put(words.s, sizeof words.s, "%s with bytes that were never captured%s",
              words_counted(t->lossy, "session").s,
              t->lossy ? "; what depends on them is worded as unproven" : "");
    html_pair(p, "Holes", words.s);
    words_put(words.s, sizeof words.s, "%s%s", words_counted(t->encrypted, "session").s,
              t->encrypted ? ": TCP and record timing only" : "");
    html_pair(p, "Encrypted", words.s);
    if (sum.backwards) {
        words_put(words.s, sizeof words.s, "%s earlier than the one before by more than 1 ms",
                  words_counted(sum.backwards, "packet").s);
    } else {
        words_put(words.s, sizeof words.s, "no step back of more than 1 ms");
    }
    html_pair(p, "Clock", words.s);
    if (p->end->limits_reached) {
        words_put(words.s, sizeof words.s, "%s (%s in all); the sessions concerned say so",
                  told_limits(p->end).s, words_counted(p->end->limits_reached, "time").s);
        html_pair(p, "Limits reached", words.s);
    }
    if (!p->end->complete) {
        html_pair(p, "Interrupted", "reading was ended by a signal; what came before is told");
    }
}

static void put_input(const struct page *p, const struct source_input *in)
{
    fputs("<dt>Input</dt><dd>", p->out);
    html_words(p, in->name);
    if (in->is_interface) {
        fputs(" (interface)", p->out);
    } else {
        fprintf(p->out, ", %s, %s", words_counted(in->size, "byte").s,
                words_counted(in->packets, "packet").s);
    }
    if (in->damaged) {
        fputs("; ", p->out);
        html_words(p, in->damaged);
        fputs(", everything before it was used", p->out);
    }
    fputs("</dd>\n", p->out);
    if (in->sha256[0]) {
        fprintf(p->out, "<dt>SHA-256</dt><dd class=\"mono\">%s</dd>\n", in->sha256);
    }
}

static void put_command(const struct page *p)
{
    fputs("<dt>Command</dt><dd><code>wiretale", p->out);
    for (int i = 1; i < p->settings->argc; i++) {
        putc(' ', p->out);
        html_words(p, p->settings->argv[i]);
    }
    fputs("</code></dd>\n", p->out);
}

/* How long a side may keep the other waiting. */
static void put_limits(const struct page *p)
{
    bool changed = false;

    fputs("<dt>Limits</dt><dd>waiting of clients as RFC 5321 section 4.5.3.2 says", p->out);
    for (int i = 0; i < PHASE_COUNT; i++) {
        const struct phase_limit *l = &p->settings->client_limit[i];
        if (l->origin == LIMIT_FROM_OPTION || l->origin == LIMIT_FROM_CONFIG) {
            fprintf(p->out, "%s %s %s", changed ? "," : "; as set:", phase_words[i],
                    words_limit(l->seconds).s);
            changed = true;
        }
    }
    if (p->settings->server_limit.seconds > 0) {
        fprintf(p->out, "; servers wait %s for a command",
                words_limit(p->settings->server_limit.seconds).s);
    }
    fputs("</dd>\n", p->out);
}

static void put_thresholds(const struct page *p)
{
    size_t changed = 0;

    fputs("<dt>Thresholds</dt><dd>", p->out);
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        const struct threshold_row *row = threshold_at(i);
        if (row->origin != THRESHOLD_BUILT_IN) {
            fprintf(p->out, "%s%s %g instead of %g", changed++ ? ", " : "as set: ", row->name,
                    row->value, row->standard);
        }
    }
    fputs(changed ? "; the others" : "all", p->out);
    fputs(" as built in.<details><summary>All of them</summary><ul class=\"plain\">", p->out);
    for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
        const struct threshold_row *row = threshold_at(i);
        fprintf(p->out, "<li><code>%s</code> %g: ", row->name, row->value);
        html_words(p, row->what);
        fputs(" (", p->out);
        html_words(p, row->source);
        fputs(")</li>", p->out);
    }
    fputs("</ul></details></dd>\n", p->out);
}

void html_trust(const struct page *p)
{
    size_t inputs = source_input_count(p->end->source);

    fputs("<section id=\"trust\" aria-labelledby=\"trust-h\">\n<h2 id=\"trust-h\">How far to trust "
          "this "
          "report</h2>\n<div class=\"pair\"><div><h3>Capture quality</h3><dl class=\"kv\">\n",
          p->out);
    put_quality(p);
    fputs("</dl></div><div><h3>Provenance</h3><dl class=\"kv\">\n", p->out);
    for (size_t i = 0; i < inputs && i < 20; i++) {
        put_input(p, source_input(p->end->source, i));
    }
    if (inputs > 20) {
        fprintf(p->out, "<dt></dt><dd>and %s more inputs</dd>\n", words_count(inputs - 20).s);
    }
    put_command(p);
    html_pair(p, "Redaction", redact_sentences[p->settings->redact]);
    put_limits(p);
    put_thresholds(p);
    html_pair(p, "Version", "wiretale " WIRETALE_VERSION ", report schema " REPORT_SCHEMA_VERSION);
    fputs("</dl></div></div>\n</section>\n", p->out);
}
