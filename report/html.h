/* html.h - the report as one self-contained HTML page. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/writer.h"

enum { HTML_POLICY_HASH_MAX = 64 };
enum {
    HTML_ROWS_MAX = 2000,  /* flagged sessions listed */
    HTML_LADDERS_MAX = 50, /* sessions drawn */
    HTML_GROUPS_MAX = 100, /* findings listed */
    HTML_MOMENTS_MAX = 60,
    HTML_SLOWEST = 20, /* sessions listed when none is flagged */
    HTML_ROWS_BYTES = 1700000,
    HTML_LADDERS_BYTES = 1800000, /* keep the page below 4 MB */
};

/* What sessions need is spooled to a temporary file without a name; memory does not grow with their
 * number. path "-" is standard output. NULL with fail set. */
struct writer *html_writer_new(const char *path, const struct settings *settings,
                               struct fail *fail);

/* The page's style and script, for their hashes: "'sha256-...'" of each, as the policy names them.
 */
bool html_policy_hash(const unsigned char *bytes, size_t len, char out[HTML_POLICY_HASH_MAX]);

#endif
