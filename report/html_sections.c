/* html_sections.c - when and whom; the moments of the incident; the findings. */
#include <inttypes.h>
#include <string.h>

#include "report/escape.h"
#include "report/html_parts.h"
#include "report/html_session.h"
#include "report/words.h"

/* --- when, and whom --- */

static void put_key(const struct page *p, const struct bins *bins)
{
    fputs("<ul class=\"key\">", p->out);
    for (int i = 0; i < BANDS; i++) {
        uint64_t n = chart_band_total(bins, chart_order[i]);
        if (n) {
            fprintf(p->out, "<li><i class=\"k-%s\"></i>%s %s</li>",
                    chart_band_class[chart_order[i]], chart_band_words[chart_order[i]],
                    words_count(n).s);
        }
    }
    fputs("</ul>\n", p->out);
}

static void put_when_words(const struct page *p)
{
    const struct fleet_totals *t = fleet_totals(p->fleet);
    size_t peers = fleet_peer_count(p->fleet);

    fprintf(p->out, "<p class=\"sub\">%s with %s: %s completed normally", told_sessions(t).s,
            words_counted(peers + t->forgotten_peers, "peer").s, words_count(t->completed).s);
    if (p->spool->flagged) {
        fprintf(p->out, ", %s flagged", words_count(p->spool->flagged).s);
    }
    fputs(". ", p->out);
    if (p->verdict->exists && p->verdict->group->open && p->verdict->group->sessions > 1) {
        fprintf(p->out,
                "The main fault (F%u) begins at %s and has not ended when the capture does. ",
                p->verdict->group->number,
                told_instant(p->settings, p->end, p->verdict->group->first.time_ns, 0).s);
    }
    if (t->forgotten_peers) {
        fprintf(p->out, "%s made room for others at the limit of this program and are not listed. ",
                words_counted(t->forgotten_peers, "peer").s);
    }
    fputs("Names are those the two sides gave themselves.</p>\n", p->out);
}

/* For captures too small for a chart. */
static void put_peer_list(const struct page *p)
{
    size_t count = fleet_peer_count(p->fleet);

    fputs("<ul class=\"key\">", p->out);
    for (size_t i = 0; i < count && i < CHART_PEERS; i++) {
        const struct peer *peer = fleet_peer(p->fleet, i);
        char address[ADDRESS_TEXT_MAX];
        address_format(&peer->address, address);
        fputs("<li>", p->out);
        if (peer->name[0]) {
            escape_html(p->out, bytes_of_string(peer->name));
            fprintf(p->out, " (%s)", address);
        } else {
            fputs(address, p->out);
        }
        fprintf(p->out, ": %s of %s failed</li>", words_count(peer->failed).s,
                words_counted(peer->sessions, "session").s);
    }
    fputs("</ul>\n", p->out);
}

void html_when(const struct page *p)
{
    const struct bins *bins = fleet_bins(p->fleet);

    if (!p->end->sessions) {
        return;
    }
    fputs("<section id=\"when\" aria-labelledby=\"when-h\">\n<h2 id=\"when-h\">", p->out);
    fputs(p->verdict->exists ? "When it started, and whom it touches" : "Sessions over time",
          p->out);
    fputs("</h2>\n", p->out);
    put_when_words(p);
    if (told_worth_drawing(bins, p->end->sessions)) {
        fputs("<div class=\"scroll\">", p->out);
        chart_svg(p->out, p->settings, p->fleet);
        fputs("</div>\n", p->out);
        put_key(p, bins);
    } else {
        put_peer_list(p);
    }
    fputs("</section>\n", p->out);
}

/* --- moments --- */

static const struct group *group_numbered(const struct page *p, unsigned number)
{
    for (size_t i = 0; i < fleet_group_count(p->fleet); i++) {
        if (fleet_group(p->fleet, i)->number == number) {
            return fleet_group(p->fleet, i);
        }
    }
    return NULL;
}

static void put_capture_end(const struct page *p)
{
    uint64_t open = fleet_totals(p->fleet)->open;

    fputs(p->end->complete ? "Capture ends" : "Reading was interrupted", p->out);
    if (open) {
        fprintf(p->out, "; %s still open", words_counted(open, "session").s);
    }
    if (p->verdict->exists && p->verdict->group->open) {
        fputs(", no recovery seen", p->out);
    }
}

static void put_group_label(const struct page *p, const struct group *g, bool capital)
{
    char address[ADDRESS_TEXT_MAX];
    struct told title = told_title(g);

    if (capital && title.s[0] >= 'a' && title.s[0] <= 'z') {
        title.s[0] = (char)(title.s[0] - 'a' + 'A');
    }
    html_words(p, title.s);
    if (g->peer.family) {
        fputs(g->peer_side == SIDE_CLIENT ? ", client " : ", ", p->out);
        escape_html(p->out, html_peer_name(g, address));
    }
    fputs(" (", p->out);
    html_group_link(p, g->number);
    putc(')', p->out);
}

static void put_moment_words(const struct page *p, const struct moment *m, const struct group *g)
{
    switch (m->kind) {
    case MOMENT_LAST_GOOD:
        fputs("Last session that completed before it", p->out);
        break;
    case MOMENT_FIRST_FAILURE:
        fputs(g && g->sessions == 1 ? "" : "First: ", p->out);
        break;
    case MOMENT_FIRST_MTA_LOG:
        fputs("The timer runs out: earliest trace an MTA log can contain", p->out);
        break;
    case MOMENT_LAST_FAILURE:
        fputs("Most recent: ", p->out);
        break;
    case MOMENT_RECOVERY:
        fputs("First session that completes again", p->out);
        break;
    case MOMENT_CAPTURE_END:
        put_capture_end(p);
        break;
    case MOMENT_KINDS:
        break;
    }
    if (!g) {
        return;
    }
    if (m->kind == MOMENT_FIRST_FAILURE || m->kind == MOMENT_LAST_FAILURE) {
        put_group_label(p, g, m->kind == MOMENT_FIRST_FAILURE && g->sessions == 1);
    } else {
        fprintf(p->out, " (F%u)", g->number);
    }
}

static void put_moment(const struct page *p, const struct moment *m)
{
    const struct group *g = m->group ? group_numbered(p, m->group) : NULL;
    bool hot = p->verdict->exists && m->kind == MOMENT_FIRST_FAILURE && g == p->verdict->group;

    fprintf(p->out, "<tr%s><td class=\"num\">%s</td><td class=\"any\">",
            hot ? " class=\"hot\"" : "", told_instant(p->settings, p->end, m->at.time_ns, 3).s);
    put_moment_words(p, m, m->kind == MOMENT_CAPTURE_END ? NULL : g);
    fputs("</td><td class=\"num\">", p->out);
    if (m->session) {
        html_session_link(p, m->session);
        putc(' ', p->out);
    }
    if (m->at.packet) {
        fprintf(p->out, "frame %s", words_frame(p->settings, m->at).s);
    }
    fputs("</td></tr>\n", p->out);
}

void html_moments(const struct page *p)
{
    size_t count = fleet_moment_count(p->fleet);

    if (!count || !p->verdict->exists) {
        return;
    }
    fputs("<section id=\"moments\" aria-labelledby=\"moments-h\">\n<h2 id=\"moments-h\">Incident "
          "timeline</h2>\n<p class=\"sub\">Each moment with the evidence behind it, ready for a "
          "postmortem timeline. Frame numbers are those of the input.</p>\n"
          "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">",
          p->out);
    html_words(p, words_zone(p->settings, p->end->first.time_ns).s);
    fputs("</th><th scope=\"col\">Moment</th><th scope=\"col\">Evidence</th></tr></thead><tbody>\n",
          p->out);
    for (size_t i = 0; i < count && i < HTML_MOMENTS_MAX; i++) {
        put_moment(p, fleet_moment(p->fleet, i));
    }
    fputs("</tbody></table></div>\n", p->out);
    if (count > HTML_MOMENTS_MAX) {
        fprintf(p->out, "<p class=\"sub\">%s more are in the XML report.</p>\n",
                words_count(count - HTML_MOMENTS_MAX).s);
    }
    fputs("</section>\n", p->out);
}

/* --- findings --- */

static void put_extent(const struct page *p, const struct group *g)
{
    fprintf(p->out, "%s<small>", told_extent(g).s);
    if (g->open_count) {
        fprintf(p->out, "%s still waiting%s", words_count(g->open_count).s,
                g->longest_s > 0 ? ", " : "");
    }
    if (g->shortest_s > 0 && g->longest_s > g->shortest_s * 1.02) {
        fprintf(p->out, "waits of %s to %s", words_duration(g->shortest_s).s,
                words_duration(g->longest_s).s);
    } else if (g->longest_s > 0) {
        fprintf(p->out, "wait%s of %s", g->sessions > 1 ? "s" : "", words_duration(g->longest_s).s);
    }
    fputs("</small>", p->out);
}

/* of: the same finding of another peer stands above; its sentence is not said again. */
static void put_group(const struct page *p, const struct group *g, const struct group *of)
{
    fprintf(p->out,
            "<tr id=\"F%u\"><td><span class=\"sev sev-%s\">%s</span></td><th scope=\"row\" "
            "class=\"wide\">F%u ",
            g->number, severity_words[g->severity], severity_words[g->severity], g->number);
    html_words(p, told_title(g).s);
    fputs("<small>", p->out);
    if (of) {
        fputs("As ", p->out);
        html_group_link(p, of->number);
        fputs(", at another peer.", p->out);
    } else {
        html_sentence(p->out, (struct bytes){(const uint8_t *)g->summary, g->summary_len});
    }
    if (g->part_of) {
        fputs(" Comes with ", p->out);
        html_group_link(p, g->part_of);
        fputs(", in the same sessions.", p->out);
    }
    fprintf(p->out, "</small><small><code>%s</code>", g->rule);
    if (g->example_count) {
        fputs(" · for example ", p->out);
        for (size_t i = 0; i < g->example_count; i++) {
            fputs(i ? ", " : "", p->out);
            html_session_link(p, g->examples[i]);
        }
    }
    fprintf(p->out, "</small></th><td class=\"any\">%s<small>",
            told_peer(g, "several").s);
    html_host(p, g->peer_name);
    fputs(g->peer_name[0] && g->peer_side == SIDE_CLIENT ? ", " : "", p->out);
    fputs(g->peer_side == SIDE_CLIENT ? "client</small></td><td>" : "</small></td><td>", p->out);
    put_extent(p, g);
    fprintf(p->out, "</td><td class=\"num\">%s<small>",
            told_instant(p->settings, p->end, g->first.time_ns, 0).s);
    if (g->open) {
        fputs("still so at the end", p->out);
    } else if (g->last.time_ns > g->first.time_ns) {
        fprintf(p->out, "to %s", told_instant(p->settings, p->end, g->last.time_ns, 0).s);
    }
    fprintf(p->out, "</small></td><td>%s<small>confidence: %s%s</small></td></tr>\n",
            told_party(g, words_party(g->points_to)).s, confidence_words[g->confidence],
            g->unproven ? ", unproven" : "");
}

/* What does no harm is said once, however many peers it is seen at. */
static bool is_said_by(const struct group *g, const struct group *above)
{
    return g->severity < SEVERITY_WARNING && g->severity == above->severity && g->peer.family &&
           above->peer.family && !g->cross_session && !above->cross_session &&
           g->peer_side == above->peer_side && g->points_to == above->points_to &&
           g->unproven == above->unproven && strcmp(g->rule, above->rule) == 0;
}

/* What does harm keeps its place, but a sentence that is the same word for word is not read twice.
 */
static const struct group *said_before(const struct page *p, size_t i)
{
    const struct group *g = fleet_group(p->fleet, i);

    for (size_t k = 0; k < i && g->severity >= SEVERITY_WARNING; k++) {
        const struct group *above = fleet_group(p->fleet, k);

        if (g->severity == above->severity && g->peer.family && above->peer.family &&
            !g->cross_session && !above->cross_session && g->peer_side == above->peer_side &&
            g->points_to == above->points_to && g->unproven == above->unproven &&
            strcmp(g->rule, above->rule) == 0 && g->summary_len == above->summary_len &&
            memcmp(g->summary, above->summary, g->summary_len) == 0) {
            return above;
        }
    }
    return NULL;
}

static void put_groups(const struct page *p, size_t count)
{
    bool put[HTML_GROUPS_MAX] = {false};

    for (size_t i = 0; i < count; i++) {
        const struct group *g = fleet_group(p->fleet, i);

        if (put[i]) {
            continue;
        }
        put_group(p, g, said_before(p, i));
        for (size_t k = i + 1; k < count; k++) {
            const struct group *other = fleet_group(p->fleet, k);

            if (!put[k] && is_said_by(other, g)) {
                put_group(p, other, g);
                put[k] = true;
            }
        }
    }
}

void html_findings(const struct page *p)
{
    size_t count = fleet_group_count(p->fleet);

    if (!count) {
        return;
    }
    fputs("<section id=\"findings\" aria-labelledby=\"findings-h\">\n<h2 "
          "id=\"findings-h\">Findings</h2>\n"
          "<p class=\"sub\">Ordered by severity, then by sessions affected. Each is a rule with a "
          "stable identifier: <code>wiretale rules ID</code> explains it. Times are ",
          p->out);
    html_words(p, words_zone(p->settings, p->end->first.time_ns).s);
    fputs(
        "; the words are those of its first session.</p>\n<div class=\"scroll\"><table><thead><tr>"
        "<th scope=\"col\">Severity</th><th scope=\"col\">Finding</th><th scope=\"col\">Peer</th>"
        "<th scope=\"col\">Extent</th><th scope=\"col\">First, last</th>"
        "<th scope=\"col\">Wire evidence points to</th></tr></thead><tbody>\n",
        p->out);
    put_groups(p, count < HTML_GROUPS_MAX ? count : HTML_GROUPS_MAX);
    fputs("</tbody></table></div>\n", p->out);
    if (count > HTML_GROUPS_MAX || fleet_totals(p->fleet)->forgotten_groups) {
        fprintf(p->out, "<p class=\"sub\">%d of %s shown; the rest is in the XML report.</p>\n",
                count < HTML_GROUPS_MAX ? (int)count : HTML_GROUPS_MAX,
                words_count(count + fleet_totals(p->fleet)->forgotten_groups).s);
    }
    fputs("</section>\n", p->out);
}
