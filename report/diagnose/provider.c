/* provider.c - whose server this is: the table data/providers.tsv. */
#include "report/diagnose/provider.h"

#include <string.h>

#include "dissect/tls/facts.h"
#include "report/diagnose/glob.h"
#include "report/diagnose/recall.h"
#include "report/diagnose/rules_tls.h"

enum provider_field {
    PROVIDER_BANNER,
    PROVIDER_EHLO,
    PROVIDER_EHLO_KW,
    PROVIDER_REPLY_TAIL,
    PROVIDER_TEXT,
    PROVIDER_SNI_CERT,
    PROVIDER_FIELDS
};

enum provider_role { PROVIDER_RELAY, PROVIDER_RECEIVER, PROVIDER_SOFTWARE, PROVIDER_MIDDLEBOX };

static const struct provider_row {
    enum provider_field field;
    const char *glob, *name;
    enum provider_role role;
    bool verified;
} rows[] = {
#include "report/diagnose/provider_rows.h"
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* The rows of one field, in the table's order. */
struct field_rows {
    size_t count;
    struct {
        uint16_t row, first_pair;
    } at[ROW_COUNT];
};

static const struct field_rows *rows_of(enum provider_field field)
{
    static struct field_rows fields[PROVIDER_FIELDS];
    static bool made;

    for (size_t i = 0; i < ROW_COUNT && !made; i++) {
        struct field_rows *f = &fields[rows[i].field];
        f->at[f->count].row = (uint16_t)i;
        f->at[f->count++].first_pair = glob_first_pair(rows[i].glob);
    }
    made = true;
    return &fields[field];
}

static const struct provider_row *look_up(enum provider_field field, struct text text)
{
    const struct field_rows *f = rows_of(field);
    struct glob_text prepared;

    glob_prepare(&prepared, text);
    for (size_t i = 0; i < f->count; i++) {
        const struct provider_row *row = &rows[f->at[i].row];
        if (glob_has_pair(&prepared, f->at[i].first_pair) && glob_may_match(&prepared, row->glob) &&
            glob_matches(&prepared, row->glob, true)) {
            return row;
        }
    }
    return NULL;
}

static const struct provider_row *find(enum provider_field field, struct text text)
{
    static struct recall known;
    const void *found = NULL;

    if (text.len && !recall_get(&known, text, field, &found)) {
        found = look_up(field, text);
        recall_put(&known, text, field, found);
    }
    return found;
}

static const char *name_of(const struct provider_row *row)
{
    return row && row->role != PROVIDER_SOFTWARE ? row->name : NULL;
}

static const char *by_hello(const struct session *s)
{
    const struct event *reply = s->smtp.ehlo ? s->smtp.ehlo->facts->command.reply : NULL;
    const char *name = reply ? name_of(find(PROVIDER_EHLO, reply->facts->reply.text)) : NULL;

    for (const struct keyword *k = s->smtp.keywords; k && !name; k = k->next) {
        if (k->text.len && (k->text.s[0] == 'X' || k->text.s[0] == 'x')) {
            name = name_of(find(PROVIDER_EHLO_KW, k->text));
        }
    }
    return name;
}

const char *provider_of(const struct session *s, const struct reply_row *row, struct text reply)
{
    const struct event *g = s->smtp.greeting;
    const char *name = g ? name_of(find(PROVIDER_BANNER, g->facts->reply.text)) : NULL;

    if (!name) {
        name = by_hello(s);
    }
    if (!name) {
        name = name_of(find(PROVIDER_REPLY_TAIL, reply));
    }
    if (!name && row && *row->provider) {
        struct text whose = {row->provider, (uint32_t)strlen(row->provider), false};
        name = name_of(find(PROVIDER_TEXT, whose));
    }
    return name;
}

/* Where the table is sure of it. */
static const char *sure_name_of(const struct provider_row *row)
{
    static const char any_host[] = "* "; /* a product that anybody may run */

    return row && row->verified &&
                   (row->role == PROVIDER_RELAY || row->role == PROVIDER_RECEIVER) &&
                   strncmp(row->glob, any_host, sizeof any_host - 1) != 0
               ? row->name
               : NULL;
}

const char *provider_named(const struct session *s)
{
    const struct tls_details *d = tls_details_of(s);
    const struct event *g = s->smtp.greeting;
    const char *name = NULL;

    if (d && d->client.server_name.len) {
        name = sure_name_of(find(PROVIDER_SNI_CERT, d->client.server_name));
    }
    return name || !g ? name : sure_name_of(find(PROVIDER_BANNER, g->facts->reply.text));
}

const char *provider_sure(const struct session *s)
{
    const struct event *reply = s->smtp.ehlo ? s->smtp.ehlo->facts->command.reply : NULL;
    const struct tls_certificate *leaf = rules_tls_leaf(s);
    const char *name = provider_named(s);

    if (!name && reply) {
        name = sure_name_of(find(PROVIDER_EHLO, reply->facts->reply.text));
    }
    for (const struct tls_name *n = leaf ? leaf->names : NULL; n && !name; n = n->next) {
        name = n->kind == TLS_NAME_HOST ? sure_name_of(find(PROVIDER_SNI_CERT, n->text)) : NULL;
    }
    return name;
}
