/* html_rows.c - the session shown in full; the table of sessions and the ladders below it. */
#include <inttypes.h>
#include <string.h>

#include "report/escape.h"
#include "report/html_parts.h"
#include "report/words.h"

enum { ROWS_IN_GROUP = 100, FEW = 3 /* sessions are shown without asking */ };
#define SCALE_WORDS "Bars share one logarithmic scale, 1 ms to 600 s."

void html_one(const struct page *p)
{
    const struct html_kept *k = p->one;
    struct words id;

    if (!k) {
        return;
    }
    id = words_session(k->id);
    fprintf(p->out,
            "<section id=\"one\" aria-labelledby=\"one-h\">\n<h2 id=\"one-h\">Exact timeline of "
            "%s</h2>\n",
            id.s);
    fprintf(p->out,
            "<p class=\"sub\">Shown because it is the earliest of F%u%s. Blue: commands. Green: "
            "replies. Dashed: TCP only. Silences over 1 s are cut and labelled; nothing else is "
            "compressed.</p>\n<div class=\"two\"><div id=\"%s\" class=\"scroll\">",
            k->group, k->whole ? " that was captured whole" : "", id.s);
    html_spool_put(p->spool, k, PIECE_BAR, p->out);
    html_spool_put(p->spool, k, PIECE_LADDER, p->out);
    fputs("</div>\n<aside class=\"side\" aria-label=\"About this session\"><dl>\n", p->out);
    html_spool_put(p->spool, k, PIECE_ASIDE, p->out);
    if (p->verdict->doubt[0]) {
        fputs("<dt>What would change this verdict</dt><dd>", p->out);
        html_words(p, p->verdict->doubt);
        fputs("</dd>", p->out);
    }
    fputs("</dl></aside></div>\n</section>\n", p->out);
}

static void put_chips(const struct page *p)
{
    fputs("<div class=\"tools\" role=\"group\" aria-label=\"Filter sessions\">", p->out);
    for (int i = 0; i < BANDS; i++) {
        enum band band = chart_order[i];
        if (p->spool->flagged_in[band]) {
            fprintf(p->out,
                    "<button type=\"button\" class=\"chip\" data-k=\"%s\" aria-pressed=\"true\">"
                    "<i class=\"k-%s\"></i>%s <b>%s</b></button>",
                    chart_band_class[band], chart_band_class[band], chart_band_words[band],
                    words_count(p->spool->flagged_in[band]).s);
        }
    }
    fputs("<span id=\"shown\" aria-live=\"polite\"></span><input id=\"search\" type=\"search\" "
          "placeholder=\"address, code, session\" aria-label=\"Search sessions\"></div>\n",
          p->out);
}

static void put_row(const struct page *p, const struct html_kept *k)
{
    struct words id = words_session(k->id);

    fprintf(p->out, "<tr role=\"row\" data-k=\"%s\"><th scope=\"row\" role=\"rowheader\">",
            chart_band_class[k->band]);
    if (k->told) {
        fprintf(p->out, "<a href=\"#%s\">%s</a></th>", id.s, id.s);
    } else {
        fprintf(p->out, "%s</th>", id.s);
    }
    html_spool_put(p->spool, k, PIECE_ROW, p->out);
    if (k->group) {
        fputs("<td role=\"cell\">", p->out);
        html_group_link(p, k->group);
        fputs("</td></tr>\n", p->out);
    } else {
        fputs("<td role=\"cell\"></td></tr>\n", p->out);
    }
}

static void put_rows(const struct page *p, const struct html_kept *kept, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (!kept[i].shown) {
            continue;
        }
        if (n % ROWS_IN_GROUP == 0) {
            fprintf(p->out, "%s<tbody role=\"rowgroup\"%s>\n", n ? "</tbody>" : "",
                    count <= ROWS_IN_GROUP ? " class=\"few\"" : "");
        }
        put_row(p, &kept[i]);
        n++;
    }
    fputs("</tbody></table></div>\n", p->out);
}

static void put_table_head(const struct page *p, bool flagged)
{
    const char *const heads[] = {
        "Session",
        NULL,
        "Client → server",
        flagged ? "Failed at" : "Slowest at",
        flagged ? "Time to failure" : "Waited",
        "Outcome",
        "Time spent (log)",
        flagged ? "Finding" : "",
    };

    fputs("<div class=\"scroll\"><table class=\"rows\" role=\"table\"><thead role=\"rowgroup\">"
          "<tr role=\"row\">",
          p->out);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        fprintf(p->out, "<th scope=\"col\" role=\"columnheader\"%s>",
                i == 4 ? " class=\"right\"" : "");
        if (heads[i]) {
            fputs(heads[i], p->out);
        } else {
            fputs("Start ", p->out);
            html_words(p, words_zone(p->settings, p->end->first.time_ns).s);
        }
        fputs("</th>", p->out);
    }
    fputs("</tr></thead>", p->out);
}

enum ladder_frame { FRAME_ARTICLE, FRAME_OPEN, FRAME_CLOSED };

static void put_ladder(const struct page *p, const struct html_kept *k, enum ladder_frame frame)
{
    struct words id = words_session(k->id);

    if (frame == FRAME_ARTICLE) {
        fprintf(p->out, "<article id=\"%s\"><h3>", id.s);
    } else {
        fprintf(p->out, "<details class=\"more\" id=\"%s\"%s><summary>", id.s,
                frame == FRAME_OPEN ? " open" : "");
    }
    html_spool_put(p->spool, k, PIECE_TITLE, p->out);
    if (k->group) {
        fputs(" · ", p->out);
        html_group_link(p, k->group);
    }
    fputs(frame == FRAME_ARTICLE ? "</h3>" : "</summary>", p->out);
    fputs("<div class=\"scroll\">", p->out);
    html_spool_put(p->spool, k, PIECE_LADDER, p->out);
    fputs(frame == FRAME_ARTICLE ? "</div></article>\n" : "</div></details>\n", p->out);
}

static void put_ladders(const struct page *p, const struct html_kept *kept, size_t count)
{
    for (int representative = 1; representative >= 0; representative--) {
        for (size_t i = 0; i < count; i++) {
            const struct html_kept *k = &kept[i];
            if (k->told && k != p->one && k->representative == (representative == 1)) {
                put_ladder(p, k,
                           representative == 1 ? FRAME_ARTICLE
                           : count <= FEW      ? FRAME_OPEN
                                               : FRAME_CLOSED);
            }
        }
    }
}

static void put_keys(const struct page *p)
{
    fputs(
        " <span class=\"keys\"><kbd>/</kbd> search, "
        "<kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> open, <kbd>v</kbd> verdict, <kbd>t</kbd> "
        "time, <kbd>f</kbd> findings.</span>",
        p->out);
}

static void put_flagged(const struct page *p)
{
    size_t shown = 0;

    for (size_t i = 0; i < p->spool->count; i++) {
        shown += p->spool->kept[i].shown;
    }
    fputs("<h2 id=\"sessions-h\">Flagged sessions</h2>\n<p class=\"sub\">", p->out);
    if (shown < p->spool->flagged) {
        fprintf(p->out,
                "%s of %s shown: of each finding the first, the longest and others evenly over "
                "time; all of them are in the XML and JSON Lines reports. ",
                words_count(shown).s, words_count(p->spool->flagged).s);
    } else {
        fprintf(p->out, "%s with a finding of warning or worse. ",
                words_counted(shown, "session").s);
    }
    fputs(SCALE_WORDS, p->out);
    put_keys(p);
    fputs("</p>\n", p->out);
    put_chips(p);
    put_table_head(p, true);
    put_rows(p, p->spool->kept, p->spool->count);
    if (shown > 50) {
        fprintf(p->out,
                "<p class=\"sub paper-only\">The first 50 of %s; all of them are in the XML "
                "report.</p>\n",
                words_count(p->spool->flagged).s);
    }
    put_ladders(p, p->spool->kept, p->spool->count);
}

static void put_slowest(const struct page *p)
{
    if (p->spool->slow_count == p->end->sessions) {
        fputs("<h2 id=\"sessions-h\">Sessions</h2>\n<p class=\"sub\">All of them, slowest reply "
              "first. ",
              p->out);
    } else {
        fprintf(
            p->out,
            "<h2 id=\"sessions-h\">Slowest sessions</h2>\n<p class=\"sub\">The %s of %s with the "
            "slowest single reply. ",
            words_count(p->spool->slow_count).s, words_count(p->end->sessions).s);
    }
    fputs(SCALE_WORDS "</p>\n", p->out);
    put_table_head(p, false);
    put_rows(p, p->spool->slow, p->spool->slow_count);
    put_ladders(p, p->spool->slow, p->spool->slow_count);
}

void html_sessions(const struct page *p)
{
    if (!p->end->sessions || (!p->spool->flagged && !p->spool->slow_count)) {
        return;
    }
    fputs("<section id=\"sessions\" aria-labelledby=\"sessions-h\">\n", p->out);
    if (p->spool->flagged) {
        put_flagged(p);
    } else {
        put_slowest(p);
    }
    fputs("</section>\n", p->out);
}
