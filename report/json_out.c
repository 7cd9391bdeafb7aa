/* json_out.c - JSON onto a stream. Hot: 50,000 sessions pass here, so nothing is formatted by
 * printf and the stream is not locked for each piece. */
#include "report/json_out.h"

#include <string.h>

#include "report/escape.h"
#include "report/stamp.h"

static void put(struct json_out *j, const char *s, size_t len)
{
    fwrite_unlocked(s, 1, len, j->file);
}

static void put_char(struct json_out *j, char c)
{
    putc_unlocked(c, j->file);
}

/* Before each value: what separates it from the one before. */
static void separate(struct json_out *j)
{
    if (j->comma) {
        put_char(j, ',');
    }
    j->comma = true;
}

void json_begin(struct json_out *j, char bracket)
{
    separate(j);
    put_char(j, bracket);
    j->comma = false;
}

void json_end(struct json_out *j, char bracket)
{
    put_char(j, bracket);
    j->comma = true;
}

void json_key(struct json_out *j, const char *name)
{
    separate(j);
    put_char(j, '"');
    put(j, name, strlen(name));
    put(j, "\":", 2);
    j->comma = false;
}

static void put_quoted(struct json_out *j, const char *s, size_t len)
{
    separate(j);
    put_char(j, '"');
    put(j, s, len);
    put_char(j, '"');
}

void json_word(struct json_out *j, const char *word)
{
    put_quoted(j, word, strlen(word));
}

void json_bytes(struct json_out *j, struct bytes b)
{
    separate(j);
    put_char(j, '"');
    escape_json(j->file, b);
    put_char(j, '"');
}

void json_u64(struct json_out *j, uint64_t n)
{
    char out[STAMP_MAX];
    separate(j);
    put(j, out, stamp_u64(out, n));
}

void json_bool(struct json_out *j, bool b)
{
    separate(j);
    put(j, b ? "true" : "false", b ? 4 : 5);
}

void json_utc(struct json_out *j, int64_t ns)
{
    char out[STAMP_MAX];
    put_quoted(j, out, stamp_utc(out, ns));
}

void json_seconds(struct json_out *j, int64_t ns)
{
    char out[STAMP_MAX];
    separate(j);
    put(j, out, stamp_seconds(out, ns));
}

void json_duration(struct json_out *j, double seconds)
{
    char out[STAMP_MAX];
    separate(j);
    put(j, out, stamp_duration(out, seconds));
}

void json_session_id(struct json_out *j, uint64_t id)
{
    char out[STAMP_MAX];
    put_quoted(j, out, stamp_session(out, id));
}

void json_address(struct json_out *j, const struct address *a)
{
    char out[ADDRESS_TEXT_MAX];
    address_format(a, out);
    json_word(j, out);
}

void json_frame(struct json_out *j, struct mark m)
{
    if (!j->many_files) {
        json_u64(j, mark_frame(m));
        return;
    }
    json_begin(j, '{');
    json_key_u64(j, "file", mark_file(m) + UINT64_C(1));
    json_key_u64(j, "frame", mark_frame(m));
    json_end(j, '}');
}

void json_key_word(struct json_out *j, const char *name, const char *word)
{
    json_key(j, name);
    json_word(j, word);
}

void json_key_bytes(struct json_out *j, const char *name, struct bytes b)
{
    json_key(j, name);
    json_bytes(j, b);
}

void json_key_u64(struct json_out *j, const char *name, uint64_t n)
{
    json_key(j, name);
    json_u64(j, n);
}

void json_key_bool(struct json_out *j, const char *name, bool b)
{
    json_key(j, name);
    json_bool(j, b);
}

void json_key_utc(struct json_out *j, const char *name, int64_t ns)
{
    json_key(j, name);
    json_utc(j, ns);
}

void json_key_duration(struct json_out *j, const char *name, double seconds)
{
    json_key(j, name);
    json_duration(j, seconds);
}

void json_key_text(struct json_out *j, const char *name, struct text t)
{
    json_key_bytes(j, name, bytes_of_text(t));
    if (t.cut) {
        json_key_bool(j, "cut", true);
    }
}

void json_open(struct json_out *j, const char *name, char bracket)
{
    json_key(j, name);
    json_begin(j, bracket);
}
