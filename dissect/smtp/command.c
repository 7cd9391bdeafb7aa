/* command.c - one command line: its verb and what its arguments say. RFC 5321 section 4.1.
 *
 *     command = verb *( SP argument ) CRLF
 *     MAIL FROM:<reverse-path> [SP Mail-parameters]
 *     RCPT TO:<forward-path> [SP Rcpt-parameters]
 *     BDAT SP chunk-size [SP "LAST"]                      (RFC 3030)
 *     AUTH SP mechanism [SP initial-response]             (RFC 4954)
 *
 * Lenient as servers are: any letter case, blanks around the colon, paths without angle brackets.
 */
#include "dissect/smtp/command.h"

#include <assert.h>

#include "dissect/text.h"

const char *const verb_names[VERBS] = {
    "",     "EHLO", "HELO", "LHLO", "STARTTLS", "AUTH",     "MAIL", "RCPT", "DATA",
    "BDAT", "BURL", "RSET", "NOOP", "VRFY",     "EXPN",     "HELP", "ETRN", "ATRN",
    "TURN", "SEND", "SOML", "SAML", "XCLIENT",  "XFORWARD", "QUIT",
};
static_assert(sizeof verb_names / sizeof verb_names[0] == VERBS, "a name for each verb");

/* What a verb's arguments must look like for well_formed. */
enum wants {
    WANTS_NOTHING,
    WANTS_ANYTHING,
    WANTS_SOMETHING,
    WANTS_ONE_WORD,
    WANTS_FROM,
    WANTS_TO,
    WANTS_CHUNK,
    WANTS_MECHANISM
};

static const enum wants verb_wants[VERBS] = {
    [VERB_UNKNOWN] = WANTS_ANYTHING,  [VERB_EHLO] = WANTS_ONE_WORD,
    [VERB_HELO] = WANTS_ONE_WORD,     [VERB_LHLO] = WANTS_ONE_WORD,
    [VERB_STARTTLS] = WANTS_NOTHING,  [VERB_AUTH] = WANTS_MECHANISM,
    [VERB_MAIL] = WANTS_FROM,         [VERB_RCPT] = WANTS_TO,
    [VERB_DATA] = WANTS_NOTHING,      [VERB_BDAT] = WANTS_CHUNK,
    [VERB_BURL] = WANTS_SOMETHING,    [VERB_RSET] = WANTS_NOTHING,
    [VERB_NOOP] = WANTS_NOTHING,      [VERB_VRFY] = WANTS_ONE_WORD,
    [VERB_EXPN] = WANTS_ONE_WORD,     [VERB_HELP] = WANTS_NOTHING,
    [VERB_ETRN] = WANTS_ONE_WORD,     [VERB_ATRN] = WANTS_ONE_WORD,
    [VERB_TURN] = WANTS_NOTHING,      [VERB_SEND] = WANTS_FROM,
    [VERB_SOML] = WANTS_FROM,         [VERB_SAML] = WANTS_FROM,
    [VERB_XCLIENT] = WANTS_SOMETHING, [VERB_XFORWARD] = WANTS_SOMETHING,
    [VERB_QUIT] = WANTS_NOTHING,
};

static enum verb verb_of(struct bytes word)
{
    uint8_t first = word.len ? text_upper(word.data[0]) : 0;

    for (int v = VERB_UNKNOWN + 1; v < VERBS; v++) {
        if ((uint8_t)verb_names[v][0] == first && text_is(word, verb_names[v])) {
            return (enum verb)v;
        }
    }
    return VERB_UNKNOWN;
}

/* Length of the path at the beginning of b: to its '>', quotes respected, or to the first blank. */
static size_t path_len(struct bytes b)
{
    bool quoted = false;

    if (b.len == 0 || b.data[0] != '<') {
        size_t i = 0;
        while (i < b.len && !text_is_blank(b.data[i])) {
            i++;
        }
        return i;
    }
    for (size_t i = 1; i < b.len; i++) {
        if (quoted && b.data[i] == '\\') {
            i++;
        } else if (b.data[i] == '"') {
            quoted = !quoted;
        } else if (b.data[i] == '>' && !quoted) {
            return i + 1;
        }
    }
    return b.len;
}

/* "FROM:<path> params", keyword given. False when it does not begin so. */
static bool read_path(struct smtp_command *c, const char *keyword)
{
    struct bytes b = c->arguments;
    size_t len = text_of(keyword).len;

    if (!text_begins(b, keyword)) {
        return false;
    }
    b = text_trim((struct bytes){b.data + len, b.len - len});
    if (b.len == 0 || b.data[0] != ':') {
        return false;
    }
    b = text_trim((struct bytes){b.data + 1, b.len - 1});
    len = path_len(b);
    c->path = (struct bytes){b.data, len};
    c->parameters = text_trim((struct bytes){b.data + len, b.len - len});
    return len > 0;
}

static bool read_chunk(struct smtp_command *c)
{
    struct bytes rest = c->arguments;
    struct bytes size = text_take_word(&rest), last = text_take_word(&rest);

    c->chunk_last = text_is(last, "LAST");
    c->chunk_bad = !text_number(size, &c->chunk_len) || (last.len && !c->chunk_last) ||
                   text_trim(rest).len > 0;
    return !c->chunk_bad;
}

static bool is_one_word(struct bytes b)
{
    return b.len > 0 && text_take_word(&b).len > 0 && b.len == 0;
}

/* RFC 4422 section 3.1: 1 to 20 of upper case, digits, hyphen, underscore. The common ones in any
 * case; nothing else, since a credential may stand here by mistake. */
static bool is_mechanism(struct bytes b)
{
    static const char *const common[] = {"PLAIN",       "LOGIN",   "CRAM-MD5", "DIGEST-MD5", "NTLM",
                                         "OAUTHBEARER", "XOAUTH2", "GSSAPI",   "EXTERNAL"};

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (text_is(b, common[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < b.len; i++) {
        uint8_t c = b.data[i];
        if (!(c >= 'A' && c <= 'Z') && !text_is_digit(c) && c != '-' && c != '_') {
            return false;
        }
    }
    return b.len > 0 && b.len <= 20;
}

static bool read_arguments(struct smtp_command *c)
{
    struct bytes rest = c->arguments;

    switch (verb_wants[c->verb]) {
    case WANTS_NOTHING:
        return rest.len == 0;
    case WANTS_ANYTHING:
        return true;
    case WANTS_SOMETHING:
        return rest.len > 0;
    case WANTS_ONE_WORD:
        return is_one_word(rest);
    case WANTS_FROM:
        return read_path(c, "FROM");
    case WANTS_TO:
        return read_path(c, "TO");
    case WANTS_CHUNK:
        return read_chunk(c);
    case WANTS_MECHANISM:
        c->mechanism = text_take_word(&rest);
        c->response = text_trim(rest);
        if (!is_mechanism(c->mechanism)) {
            c->response = c->arguments; /* a credential without its mechanism */
            return false;
        }
        return true;
    }
    return false;
}

void smtp_command_read(struct bytes line, struct smtp_command *out)
{
    struct bytes rest = line;

    *out = (struct smtp_command){.word = text_take_word(&rest)};
    out->verb = verb_of(out->word);
    /* "MAIL" and "RCPT" run into their keyword in some clients: "MAILFROM:" is unknown all the
     * same, as it is to servers. */
    out->arguments = text_trim(rest);
    out->well_formed = read_arguments(out) && out->verb != VERB_UNKNOWN;
}

bool smtp_command_parameter(struct bytes parameters, const char *name, struct bytes *value)
{
    size_t len = text_of(name).len;

    while (parameters.len) {
        struct bytes word = text_take_word(&parameters);
        if (word.len > len && word.data[len] == '=' &&
            text_is((struct bytes){word.data, len}, name)) {
            *value = (struct bytes){word.data + len + 1, word.len - len - 1};
            return true;
        }
    }
    return false;
}

const char *smtp_command_foreign(struct bytes line)
{
    static const struct {
        const char *begin, *name;
    } known[] = {
        {"SSH-", "SSH"},  {"JRMI", "Java RMI"}, {"* OK ", "IMAP"},      {"USER ", "POP3 or FTP"},
        {"CAPA", "POP3"}, {"STLS", "POP3"},     {"\x04\x01", "SOCKS"},  {"\x05\x01", "SOCKS"},
        {"NICK ", "IRC"}, {"GIOP", "CORBA"},    {"STATS", "memcached"}, {"PRI * HTTP/2", "HTTP"},
    };
    static const char *const http[] = {"GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "CONNECT "};

    for (size_t i = 0; i < sizeof http / sizeof http[0]; i++) {
        if (text_begins(line, http[i]) && text_find(line, " HTTP/") < line.len) {
            return "HTTP";
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (text_begins(line, known[i].begin)) {
            return known[i].name;
        }
    }
    return NULL;
}

bool smtp_command_is_proxy(struct bytes line)
{
    return text_begins(line, "PROXY TCP4 ") || text_begins(line, "PROXY TCP6 ") ||
           text_begins(line, "PROXY UNKNOWN");
}

bool smtp_command_is_base64(struct bytes line)
{
    size_t padding = 0;

    if (line.len == 0 || text_is(line, "=")) {
        return true;
    }
    while (padding < 2 && padding < line.len && line.data[line.len - 1 - padding] == '=') {
        padding++;
    }
    for (size_t i = 0; i + padding < line.len; i++) {
        uint8_t c = line.data[i];

        if (!text_is_letter(c) && !text_is_digit(c) && c != '+' && c != '/') {
            return false;
        }
    }
    return line.len % 4 == 0;
}
