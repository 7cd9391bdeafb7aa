/* html_parts.h - what the pieces of the HTML page share; only html*.c include it. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include <stdio.h>

#include "report/chart.h"
#include "report/html.h"
#include "report/html_spool.h"
#include "report/told.h"

struct page {
    FILE *out;
    const struct settings *settings;
    const struct report_end *end;
    const struct fleet *fleet;
    const struct verdict *verdict;
    struct html_spool *spool;
    const struct html_kept *one; /* the session shown in full; NULL: none */
};

/* Our own words, escaped all the same: they may quote '<' or '"'. */
void html_words(const struct page *p, const char *words);
/* A host name, which may break behind its dots. */
void html_host(const struct page *p, const char *name);
/* <dt>term</dt><dd>words</dd> */
void html_pair(const struct page *p, const char *term, const char *words);
/* "s0368" as a link when that session is drawn on this page, plain otherwise. */
void html_session_link(const struct page *p, uint64_t id);
/* "F1" as a link, plain when that finding is beyond what the page lists. */
void html_group_link(const struct page *p, unsigned number);
/* The name a peer gave itself, or its address; raw. */
struct bytes html_peer_name(const struct group *g, char address[ADDRESS_TEXT_MAX]);

void html_page_begin(const struct page *p);
void html_page_end(const struct page *p);
void html_verdict(const struct page *p);
void html_when(const struct page *p);
void html_moments(const struct page *p);
void html_findings(const struct page *p);
void html_one(const struct page *p);
void html_sessions(const struct page *p);
void html_trust(const struct page *p);

#endif
