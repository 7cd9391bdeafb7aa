/* html_verdict.c - the first screen of the HTML page: what, who, since when, how much, and what
 * became of the mail. Ten seconds must be enough for those five. */
#include <string.h>

#include "dissect/text.h"
#include "report/escape.h"
#include "report/html_parts.h"
#include "report/html_session.h"
#include "report/words.h"

static const char *const link_classes[] = {
    [LINK_UNKNOWN] = "unknown",
    [LINK_OK] = "ok",
    [LINK_SUSPECT] = "suspect",
    [LINK_FAILED] = "failed",
};
/* Tick, cross, question mark, dash; drawn in a box of 20. */
static const char *const link_signs[] = {
    [LINK_UNKNOWN] = "M6 10h8",
    [LINK_OK] = "M5.5 10.5l3 3.4 6-7",
    [LINK_SUSPECT] = "M7.2 7.6a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.1.8-1.1 1.8M10 15v.1",
    [LINK_FAILED] = "M6 6l8 8m0-8l-8 8",
};

static void put_link_place(const struct page *p, enum link link)
{
    const struct group *g = p->verdict->group;
    enum side peer = g ? g->peer_side : SIDE_SERVER;
    bool is_peer = link == LINK_CLIENT ? peer == SIDE_CLIENT : peer == SIDE_SERVER;

    if (!g || link == LINK_PATH || !is_peer || link == LINK_SERVER_APP) {
        return;
    }
    fprintf(p->out, "<small>%s", told_peer(g, "").s);
    if (peer == SIDE_SERVER && g->peer_port) {
        fprintf(p->out, ", port %u", (unsigned)g->peer_port);
    }
    fputs("</small>", p->out);
}

/* Nothing of what the mail application said could be read. */
static bool all_hidden(const struct page *p)
{
    const struct fleet_totals *t = fleet_totals(p->fleet);

    return !p->verdict->exists && t->encrypted == t->sessions;
}

static void put_chain(const struct page *p)
{
    static const char *const state_words[] = {
        [LINK_UNKNOWN] = "not known: ",
        [LINK_OK] = "fine: ",
        [LINK_SUSPECT] = "suspect: ",
        [LINK_FAILED] = "failed: ",
    };

    fprintf(p->out, "<ol class=\"chain\" aria-label=\"%s\">\n",
            p->verdict->exists ? "Where the exchange stops" : "The parties of the exchange");
    for (enum link link = 0; link < LINKS; link++) {
        const struct chain_link *l = &p->verdict->chain[link];
        /* Where nothing failed, a link of which nothing is said is fine. */
        bool hidden = link == LINK_SERVER_APP && all_hidden(p);
        enum link_state state = p->verdict->exists || l->text[0] ? l->state
                                : hidden                         ? LINK_UNKNOWN
                                                                 : LINK_OK;
        fprintf(p->out,
                "<li class=\"%s\"><svg viewBox=\"0 0 20 20\" role=\"img\" aria-label=\"%s\">"
                "<circle cx=\"10\" cy=\"10\" r=\"10\"/><path d=\"%s\"/></svg><b>%s</b><span>",
                link_classes[state], state_words[state], link_signs[state],
                told_link(p->settings, p->verdict, link));
        html_words(p, l->text[0]              ? l->text
                      : hidden                ? "cannot be seen inside TLS"
                      : state == LINK_UNKNOWN ? "the packets do not say"
                                              : "nothing wrong seen");
        fputs("</span>", p->out);
        put_link_place(p, link);
        fputs("</li>\n", p->out);
    }
    fputs("</ol>\n", p->out);
}

static void put_fact(const struct page *p, const char *term, const char *big, const char *more)
{
    fprintf(p->out, "<div><dt>%s</dt><dd><b>", term);
    html_words(p, big);
    fputs("</b><span>", p->out);
    html_words(p, more);
    fputs("</span></dd></div>\n", p->out);
}

/* Last moment of its kind that belongs to the verdict. */
static const struct moment *moment_of(const struct page *p, enum moment_kind kind)
{
    for (size_t i = 0; i < fleet_moment_count(p->fleet); i++) {
        const struct moment *m = fleet_moment(p->fleet, i);
        if (m->kind == kind && (!m->group || m->group == p->verdict->group->number)) {
            return m;
        }
    }
    return NULL;
}

static void put_since(const struct page *p)
{
    const struct group *g = p->verdict->group;
    const struct moment *good = moment_of(p, MOMENT_LAST_GOOD);
    struct words when = words_clock(p->settings, g->first.time_ns, 3);
    struct told more = {""};

    words_add(when.s, sizeof when.s, " %s", words_zone(p->settings, g->first.time_ns).s);
    if (p->verdict->mta_log_ns) {
        words_add(more.s, sizeof more.s, "An MTA log can show this from %s at the earliest. ",
                  told_instant(p->settings, p->end, p->verdict->mta_log_ns, 0).s);
    }
    if (p->verdict->before[0]) {
        words_add(more.s, sizeof more.s, "It began %s. ", p->verdict->before);
    }
    if (good) {
        words_add(more.s, sizeof more.s, "Last session that completed: %s. ",
                  told_instant(p->settings, p->end, good->at.time_ns, 0).s);
    }
    if (!g->open && g->sessions > 1) {
        words_add(more.s, sizeof more.s, "Last seen %s.",
                  told_instant(p->settings, p->end, g->last.time_ns, 0).s);
    }
    words_add(more.s, sizeof more.s, "%s",
              more.s[0] ? "" : words_date(p->settings, g->first.time_ns).s);
    put_fact(p, g->open || g->sessions > 1 ? "Since" : "When", when.s, more.s);
}

/* Whose it is, where --ours tells. */
static struct told culprit_of(const struct group *g, const char *word)
{
    struct told t = told_party(g, word);

    t.s[0] = (char)text_upper((uint8_t)t.s[0]);
    return t;
}

/* The component, as far as the chain names one. */
static struct told culprit(const struct page *p)
{
    const struct group *g = p->verdict->group;
    const struct chain_link *chain = p->verdict->chain;

    if (g->points_to == PARTY_SERVER && chain[LINK_SERVER_APP].state == LINK_FAILED) {
        return culprit_of(g, "receiving application");
    }
    if (g->points_to == PARTY_SERVER && chain[LINK_SERVER_TCP].state == LINK_FAILED) {
        return culprit_of(g, "receiving host");
    }
    switch (g->points_to) {
    case PARTY_CLIENT:
        return culprit_of(g, "sending client");
    case PARTY_SERVER:
        return culprit_of(g, "receiving server");
    case PARTY_NETWORK:
        return culprit_of(g, "network path");
    case PARTY_MIDDLEBOX:
        return culprit_of(g, "a device on the path");
    case PARTY_POLICY:
        return culprit_of(g, "a rule set on purpose");
    case PARTY_UNKNOWN:
    case PARTY_COUNT:
        break;
    }
    return culprit_of(g, "not decided");
}

static void put_who(const struct page *p)
{
    const struct group *g = p->verdict->group;
    struct told more = {""};

    words_put(more.s, sizeof more.s, "%s%s", g->peer_side == SIDE_CLIENT ? "client " : "",
              told_peer(g, "several peers").s);
    if (g->peer_side == SIDE_SERVER && g->peer_port) {
        words_add(more.s, sizeof more.s, ", port %u", (unsigned)g->peer_port);
    }
    words_add(more.s, sizeof more.s, "; %s confidence%s.", confidence_words[g->confidence],
              g->unproven ? ", unproven" : "");
    put_fact(p,
             g->confidence == CONFIDENCE_HIGH && !g->unproven ? "At fault" : "Evidence points to",
             culprit(p).s, more.s);
}

static void put_mail(const struct page *p)
{
    put_fact(p, "State of the mail", p->verdict->mail, p->verdict->fate);
}

/* Ready for an incident channel: the same facts as a paragraph. */
static void put_paste(const struct page *p)
{
    const struct verdict *v = p->verdict;
    char address[ADDRESS_TEXT_MAX];

    address_format(&v->group->peer, address);
    fputs("<details class=\"paste\"><summary>Text for the incident channel and the postmortem "
          "overview</summary>\n<p>On ",
          p->out);
    fprintf(p->out, "%s, %s: ", words_date(p->settings, v->group->first.time_ns).s,
            told_period(p->settings, p->end, v->group).s);
    struct told_headline headline = told_headline(v);
    escape_html(p->out, (struct bytes){(const uint8_t *)headline.s, headline.len});
    if (!told_headline_has_address(v)) {
        fprintf(p->out, " (%s)", address);
    }
    fprintf(p->out, ". Affected: %s", told_extent(v->group).s);
    fputs(*told_extent_more(v) ? "; " : "", p->out);
    html_words(p, told_extent_more(v));
    fputs(". ", p->out);
    for (enum link link = 0; link < LINKS; link++) {
        if (v->chain[link].text[0]) {
            fprintf(p->out, "%s: ", told_link(p->settings, v, link));
            html_words(p, v->chain[link].text);
            fputs(". ", p->out);
        }
    }
    html_words(p, v->fate);
    if (v->doubt[0]) {
        fputs(" What would change this verdict: ", p->out);
        html_words(p, v->doubt);
    }
    fputs("</p></details>\n", p->out);
}

static void put_lede(const struct page *p)
{
    const struct group *g = p->verdict->group;

    fputs("<p class=\"lede\">", p->out);
    html_sentence(p->out, (struct bytes){(const uint8_t *)g->summary, g->summary_len});
    fputs("</p>\n", p->out);
}

static void put_fault(const struct page *p)
{
    const struct verdict *v = p->verdict;
    const struct group *g = v->group;

    fprintf(p->out,
            "<section id=\"verdict\"%s aria-labelledby=\"verdict-h\">\n<p class=\"kick\">"
            "<span class=\"sev sev-%s\">%s</span>",
            v->severity >= SEVERITY_ERROR ? "" : " class=\"soft\"", severity_words[v->severity],
            severity_words[v->severity]);
    if (g->open) {
        fprintf(p->out, "<b>still failing when the capture ended, %s</b>",
                words_clock(p->settings, p->end->last.time_ns, 0).s);
    } else {
        fprintf(p->out, "<span>%s</span>", told_period(p->settings, p->end, g).s);
    }
    fputs("</p>\n<h1 id=\"verdict-h\">", p->out);
    struct told_headline headline = told_headline(v);
    escape_html(p->out, (struct bytes){(const uint8_t *)headline.s, headline.len});
    fputs("</h1>\n", p->out);
    put_lede(p);
    put_chain(p);
    fputs("<dl class=\"facts\">\n", p->out);
    put_since(p);
    put_who(p);
    put_fact(p, "Affected", told_extent(g).s, told_extent_more(v));
    put_mail(p);
    fputs("</dl>\n", p->out);
    if (v->next_step && *v->next_step) {
        fputs("<p class=\"todo\"><b>What to do.</b> ", p->out);
        html_words(p, v->next_step);
        fputs("</p>\n", p->out);
    }
    put_paste(p);
    fputs("</section>\n", p->out);
}

static void put_no_fault(const struct page *p)
{
    const struct fleet_totals *t = fleet_totals(p->fleet);
    struct told more = {""};

    fputs("<section id=\"verdict\" class=\"fine\" aria-labelledby=\"verdict-h\">\n"
          "<p class=\"kick\"><span class=\"sev sev-ok\">no fault</span></p>\n<h1 id=\"verdict-h\">",
          p->out);
    if (!t->sessions) {
        fputs(
            "No mail session in this capture</h1>\n<p class=\"lede\">Nothing was seen on the mail "
            "ports, and no other connection spoke SMTP.</p>\n</section>\n",
            p->out);
        return;
    }
    fprintf(p->out, "No fault found in %s</h1>\n<p class=\"lede\">",
            words_counted(t->sessions, "SMTP session").s);
    if (told_unseen(p->end).s[0]) {
        fputs("Not everything could be seen: ", p->out);
        html_words(p, told_unseen(p->end).s);
        fputs(". In what could be seen, nothing failed.", p->out);
    } else {
        fputs("Every session was seen from both sides, and none was refused, broken off or kept "
              "waiting beyond its limits.",
              p->out);
    }
    fputs("</p>\n", p->out);
    put_chain(p);
    fputs("<dl class=\"facts\">\n", p->out);
    words_put(more.s, sizeof more.s, "%s completed", words_count(t->completed).s);
    if (t->encrypted) {
        words_add(more.s, sizeof more.s, ", %s encrypted", words_count(t->encrypted).s);
    }
    if (t->open) {
        words_add(more.s, sizeof more.s, ", %s still open when the capture ended",
                  words_count(t->open).s);
    }
    words_add(more.s, sizeof more.s, ".");
    put_fact(p, "Sessions", words_counted(t->sessions, "session").s, more.s);
    words_put(more.s, sizeof more.s, "%s refused, %s without a final reply%s.",
              words_count(t->rejected).s, words_count(t->unknown).s,
              t->encrypted ? "; those inside TLS cannot be seen" : "");
    put_fact(p, "Messages", words_counted(t->accepted, "accepted message").s, more.s);
    words_put(more.s, sizeof more.s, "%s, session %s.", words_phase(t->slowest_phase),
              words_session(t->slowest_session).s);
    put_fact(p, "Slowest reply", t->slowest_session ? words_duration(t->slowest_reply_s).s : "-",
             t->slowest_session ? more.s : "No reply could be timed.");
    words_put(more.s, sizeof more.s, "%s.", told_quality(p->end).s);
    put_fact(p, "Capture", words_counted(p->end->packets, "packet").s, more.s);
    fputs("</dl>\n</section>\n", p->out);
}

void html_verdict(const struct page *p)
{
    if (p->verdict->exists) {
        put_fault(p);
    } else {
        put_no_fault(p);
    }
}
