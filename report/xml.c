/* xml.c - the XML report, and the one door to libxml2.
 *
 * The library's text writer streams: it knows the open elements and nothing else, so memory does
 * not grow with the report. Every value passes escape.c before it reaches the library: it never
 * sees a character that XML 1.0 cannot carry. Its own errors are those of the output below it and
 * are found there, at commit.
 *
 * No time of writing stands in a report: the same input gives the same bytes.
 */
#include "report/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>

#include "report/escape.h"
#include "report/output.h"
#include "report/stamp.h"
#include "report/version.h"
#include "report/xml_end.h"
#include "report/xml_out.h"
#include "report/xml_session.h"

/* The longest text from outside that is written whole: more than the model keeps of any. */
enum { TEXT_MAX = 4096, SHOWN_MAX = TEXT_MAX * 4 + 1 };

struct xml_out {
    xmlTextWriterPtr writer;
    bool many_files;
    bool failed; /* the library could not go on: no memory */
    char shown[SHOWN_MAX];
};

struct xml_writer {
    struct writer writer;
    struct output *output;
    struct xml_out out;
    uint64_t sessions;
};

static const char namespace[] = "urn:wiretale:report:1";

/* --- xml_out.h --- */

static const xmlChar *chars(const char *s)
{
    return (const xmlChar *)s;
}

static void check(struct xml_out *x, int result)
{
    x->failed = x->failed || result < 0;
}

void xml_open(struct xml_out *x, const char *element)
{
    check(x, xmlTextWriterStartElement(x->writer, chars(element)));
}

void xml_close(struct xml_out *x)
{
    check(x, xmlTextWriterEndElement(x->writer));
}

void xml_word(struct xml_out *x, const char *name, const char *word)
{
    check(x, xmlTextWriterWriteAttribute(x->writer, chars(name), chars(word)));
}

void xml_bytes(struct xml_out *x, const char *name, struct bytes b)
{
    b.len = b.len < TEXT_MAX ? b.len : TEXT_MAX;
    escape_plain(x->shown, sizeof(x->shown), b);
    xml_word(x, name, x->shown);
}

void xml_u64(struct xml_out *x, const char *name, uint64_t n)
{
    char out[STAMP_MAX];
    stamp_u64(out, n);
    xml_word(x, name, out);
}

void xml_bool(struct xml_out *x, const char *name, bool b)
{
    xml_word(x, name, b ? "true" : "false");
}

void xml_utc(struct xml_out *x, const char *name, int64_t ns)
{
    char out[STAMP_MAX];
    stamp_utc(out, ns);
    xml_word(x, name, out);
}

void xml_seconds(struct xml_out *x, const char *name, int64_t ns)
{
    char out[STAMP_MAX];
    stamp_seconds(out, ns);
    xml_word(x, name, out);
}

void xml_duration(struct xml_out *x, const char *name, double seconds)
{
    char out[STAMP_MAX];
    stamp_duration(out, seconds);
    xml_word(x, name, out);
}

void xml_session_id(struct xml_out *x, const char *name, uint64_t id)
{
    char out[STAMP_MAX];
    stamp_session(out, id);
    xml_word(x, name, out);
}

void xml_finding_id(struct xml_out *x, const char *name, uint64_t number)
{
    char out[STAMP_MAX];
    stamp_finding(out, number);
    xml_word(x, name, out);
}

void xml_address(struct xml_out *x, const char *name, const struct address *a)
{
    char out[ADDRESS_TEXT_MAX];
    address_format(a, out);
    xml_word(x, name, out);
}

void xml_frame(struct xml_out *x, struct mark m)
{
    if (m.packet) {
        xml_u64(x, "frame", mark_frame(m));
        if (x->many_files) {
            xml_u64(x, "file", mark_file(m) + UINT64_C(1));
        }
    }
}

void xml_text(struct xml_out *x, struct bytes b)
{
    b.len = b.len < TEXT_MAX ? b.len : TEXT_MAX;
    if (escape_needed(b)) {
        xml_bool(x, "escaped", true);
    }
    escape_plain(x->shown, sizeof(x->shown), b);
    check(x, xmlTextWriterWriteString(x->writer, chars(x->shown)));
}

void xml_element(struct xml_out *x, const char *element, struct text t)
{
    xml_open(x, element);
    if (t.cut) {
        xml_bool(x, "cut", true);
    }
    xml_text(x, bytes_of_text(t));
    xml_close(x);
}

/* --- the writer --- */

static struct xml_writer *self(struct writer *w)
{
    return (struct xml_writer *)w;
}

static void xml_writer_begin(struct writer *w, const struct settings *settings)
{
    struct xml_writer *me = self(w);
    struct xml_out *x = &me->out;
    w->settings = settings;
    x->many_files = settings->many_files;
    check(x, xmlTextWriterSetIndent(x->writer, 1));
    check(x, xmlTextWriterSetIndentString(x->writer, chars(" ")));
    check(x, xmlTextWriterStartDocument(x->writer, "1.0", "UTF-8", NULL));
    xml_open(x, "report");
    xml_word(x, "xmlns", namespace);
    xml_word(x, "schema-version", REPORT_SCHEMA_VERSION);
    xml_word(x, "tool-version", WIRETALE_VERSION);
    xml_word(x, "redaction", redact_words[settings->redact]);
    xml_head(x, settings);
}

static void xml_writer_session(struct writer *w, const struct session *s)
{
    struct xml_writer *me = self(w);
    if (!output_failed(me->output)) {
        xml_session(&me->out, w->settings, s);
        me->sessions++;
    }
}

static bool xml_writer_end(struct writer *w, const struct report_end *end, struct fail *fail)
{
    struct xml_writer *me = self(w);
    xml_trailer(&me->out, end, me->sessions);
    check(&me->out, xmlTextWriterEndDocument(me->out.writer));
    xmlFreeTextWriter(me->out.writer);
    me->out.writer = NULL;
    if (me->out.failed && !output_failed(me->output)) {
        return fail_set(fail, STATUS_NOT_WRITTEN, "the XML report could not be written: no memory");
    }
    return output_commit(me->output, fail);
}

static void xml_writer_free(struct writer *w)
{
    if (w) {
        struct xml_writer *me = self(w);
        /* First the output: what the library still holds is then dropped. */
        me->out.failed = true;
        if (me->out.writer) {
            xmlFreeTextWriter(me->out.writer);
        }
        output_abort(me->output);
        free(me);
    }
}

static const struct writer_class xml_class = {
    .name = "xml",
    .begin = xml_writer_begin,
    .session = xml_writer_session,
    .end = xml_writer_end,
    .free = xml_writer_free,
};

/* The library's writer to our output. Always "written": errors are kept by the output. */
static int write_through(void *context, const char *data, int len)
{
    if (len > 0) {
        fwrite_unlocked(data, 1, (size_t)len, context);
    }
    return len;
}

static bool open_library(struct xml_writer *me)
{
    xmlOutputBufferPtr buffer =
        xmlOutputBufferCreateIO(write_through, NULL, output_file(me->output), NULL);
    if (!buffer) {
        return false;
    }
    me->out.writer = xmlNewTextWriter(buffer);
    if (!me->out.writer) {
        xmlOutputBufferClose(buffer);
    }
    return me->out.writer != NULL;
}

struct writer *xml_writer_new(const char *path, const struct settings *settings, struct fail *fail)
{
    struct xml_writer *me = calloc(1, sizeof(*me));
    if (!me) {
        (void)fail_set(fail, STATUS_NOT_WRITTEN, "no memory for the XML report");
        return NULL;
    }
    me->writer = (struct writer){&xml_class, settings};
    me->output =
        output_open_mode(path, settings->run == RUN_LIVE ? OUTPUT_WHOLE_LATER : OUTPUT_WHOLE, fail);
    if (me->output && !open_library(me)) {
        (void)fail_set(fail, STATUS_NOT_WRITTEN, "no memory for the XML report");
        output_abort(me->output);
        me->output = NULL;
    }
    if (!me->output) {
        free(me);
        return NULL;
    }
    return &me->writer;
}

const char *xml_library_version(void)
{
    static char text[80];
    long n = strtol(xmlParserVersion, NULL, 10); /* "20914" */
    snprintf(text, sizeof(text), "%ld.%ld.%ld", n / 10000, n / 100 % 100, n % 100);
    return text;
}
