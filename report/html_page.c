/* html_page.c - the HTML page's frame: policy, title, style, bar, script; small helpers.
 *
 * The page may fetch nothing and run nothing but its own script: the policy names the SHA-256 of
 * the style and the script, computed from the very bytes that are written. No style attribute, no
 * event handler, no address outside the page anywhere.
 */
#include <string.h>

#include "capture/crypto.h"
#include "report/embedded.h"
#include "report/escape.h"
#include "report/html_parts.h"
#include "report/words.h"

void html_words(const struct page *p, const char *words)
{
    escape_html(p->out, bytes_of_string(words));
}

void html_host(const struct page *p, const char *name)
{
    while (*name) {
        size_t label = strcspn(name, "."), dots = strspn(name + label, ".");
        escape_html(p->out, (struct bytes){(const uint8_t *)name, label + dots});
        fputs(dots ? "<wbr>" : "", p->out);
        name += label + dots;
    }
}

void html_pair(const struct page *p, const char *term, const char *words)
{
    fprintf(p->out, "<dt>%s</dt><dd>", term);
    html_words(p, words);
    fputs("</dd>\n", p->out);
}

void html_session_link(const struct page *p, uint64_t id)
{
    const struct html_kept *k = html_spool_find(p->spool, id);
    struct words words = words_session(id);

    if (k && k->told) {
        fprintf(p->out, "<a href=\"#%s\">%s</a>", words.s, words.s);
    } else {
        fputs(words.s, p->out);
    }
}

void html_group_link(const struct page *p, unsigned number)
{
    if (number <= HTML_GROUPS_MAX) {
        fprintf(p->out, "<a href=\"#F%u\">F%u</a>", number, number);
    } else {
        fprintf(p->out, "F%u", number);
    }
}

struct bytes html_peer_name(const struct group *g, char address[ADDRESS_TEXT_MAX])
{
    address_format(&g->peer, address);
    return bytes_of_string(g->peer_name[0] ? g->peer_name : address);
}

bool html_policy_hash(const unsigned char *bytes, size_t len, char out[HTML_POLICY_HASH_MAX])
{
    uint8_t hash[SHA256_LEN];
    char base64[4 * ((SHA256_LEN + 2) / 3) + 1];

    if (!crypto_sha256((struct bytes){bytes, len}, hash)) {
        return false;
    }
    crypto_base64((struct bytes){hash, sizeof hash}, base64);
    words_put(out, HTML_POLICY_HASH_MAX, "'sha256-%s'", base64);
    return true;
}

static void put_policy(const struct page *p)
{
    char style[HTML_POLICY_HASH_MAX] = "'none'", script[HTML_POLICY_HASH_MAX] = "'none'";

    if (!html_policy_hash(embedded_style, embedded_style_len, style) ||
        !html_policy_hash(embedded_script, embedded_script_len, script)) {
        /* Without a hash the page shows without style or script; it is complete all the same. */
        words_put(style, sizeof style, "'none'");
    }
    fprintf(p->out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src %s; script-src %s; base-uri 'none'; form-action 'none'\">\n",
            style, script);
}

static void put_title(const struct page *p)
{
    const struct verdict *v = p->verdict;

    fputs("<title>", p->out);
    if (v->exists) {
        const char *severity = severity_words[v->severity];
        fprintf(p->out, "%c%s: ", severity[0] - 'a' + 'A', severity + 1);
        struct told_headline headline = told_headline(v);
        escape_html(p->out, (struct bytes){(const uint8_t *)headline.s, headline.len});
        fprintf(p->out, " (%s, %s %s)", words_date(p->settings, v->group->first.time_ns).s,
                words_clock(p->settings, v->group->first.time_ns, -1).s,
                words_zone(p->settings, v->group->first.time_ns).s);
    } else if (p->end->sessions) {
        fprintf(p->out, "No fault found in %s", words_counted(p->end->sessions, "SMTP session").s);
    } else {
        fputs("No mail session in this capture", p->out);
    }
    fputs("</title>\n", p->out);
}

/* Patterns of the drawings, once for all of them. */
static void put_patterns(const struct page *p)
{
    fputs("<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"skip\"><defs>"
          "<pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
          "patternTransform=\"rotate(45)\"><rect width=\"5\" height=\"5\" class=\"f-stall\"/>"
          "<rect width=\"1.6\" height=\"5\" class=\"stripe\"/></pattern>"
          "<pattern id=\"lost\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
          "patternTransform=\"rotate(45)\"><path d=\"M0 0V7\" class=\"lost-line\"/></pattern>"
          "</defs></svg>\n",
          p->out);
}

static void put_bar(const struct page *p)
{
    fputs("<div class=\"top\"><div><b>wiretale</b><span>", p->out);
    if (p->end->packets) {
        fprintf(p->out, "%s · ",
                words_range(p->settings, p->end->first.time_ns, p->end->last.time_ns).s);
    }
    html_words(p, told_input(p->settings, p->end).s);
    fputs("</span>\n<nav aria-label=\"Sections\"><a href=\"#verdict\">Verdict</a>", p->out);
    if (p->end->sessions) {
        fputs("<a href=\"#when\">When</a>", p->out);
    }
    if (fleet_moment_count(p->fleet)) {
        fputs("<a href=\"#moments\">Timeline</a>", p->out);
    }
    if (fleet_group_count(p->fleet)) {
        fputs("<a href=\"#findings\">Findings</a>", p->out);
    }
    fputs(p->one ? "<a href=\"#one\">One session</a>" : "", p->out);
    if (p->end->sessions) {
        fputs("<a href=\"#sessions\">Sessions</a>", p->out);
    }
    fputs("<a href=\"#trust\">Trust</a></nav></div></div>\n", p->out);
}

void html_page_begin(const struct page *p)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", p->out);
    put_policy(p);
    fputs("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"robots\" content=\"noindex\">\n",
          p->out);
    put_title(p);
    fputs("<style>", p->out);
    fwrite(embedded_style, 1, embedded_style_len, p->out);
    fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#verdict\">Skip to verdict</a>\n",
          p->out);
    put_patterns(p);
    put_bar(p);
    fputs("<main>\n", p->out);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void html_page_end(const struct page *p)
{
    const char *others[] = {p->settings->xml, p->settings->jsonl};
    const char *separator = " Same data: ";

    fputs("<footer>One file, no network access: the page's own policy forbids it.", p->out);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i] && strcmp(others[i], "-") != 0) {
            fputs(separator, p->out);
            html_words(p, base_name(others[i]));
            separator = ", ";
        }
    }
    fputs(*separator == ',' ? ".</footer>\n</main>\n<script>" : "</footer>\n</main>\n<script>",
          p->out);
    fwrite(embedded_script, 1, embedded_script_len, p->out);
    fputs("</script>\n</body>\n</html>\n", p->out);
}
