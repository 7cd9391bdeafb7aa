/* test_redact.c - no local part of an address survives, wherever it stands; domains do.
 *
 * Every local part here contains the word "canary". After redaction neither the session nor what is
 * written of it may hold that word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dissect/text.h"
#include "dissect/tls/facts.h"
#include "report/diagnose/diagnose.h"
#include "report/escape.h"
#include "report/json_session.h"
#include "report/redact.h"
#include "report/redact_token.h"

static char key_path[] = "/tmp/test_redact.XXXXXX";

static int make_key(void **state)
{
    int fd = mkstemp(key_path);
    (void)state;
    return fd < 0 || write(fd, "0123456789abcdef", 16) != 16 || close(fd) != 0 ? -1 : 0;
}

static int remove_key(void **state)
{
    (void)state;
    return unlink(key_path);
}

static struct redactor *redactor(enum redact level)
{
    const struct settings settings = {.redact = level, .redact_key = key_path};
    struct fail fail;
    struct redactor *r = redactor_new(&settings, &fail);
    assert_non_null(r);
    return r;
}

static bool contains(struct bytes b, const char *word)
{
    return text_find(b, word) < b.len;
}

/* --- free text --- */

static void expect_text(struct redactor *r, struct bytes in, const char *kept)
{
    char out[4096], shown[4096];
    struct bytes result = {(uint8_t *)out, redact_bytes(r, in, out, sizeof(out))};
    escape_plain(shown, sizeof(shown), in);
    print_message("%s\n", shown);
    escape_plain(shown, sizeof(shown), result);
    print_message("    %s\n", shown);
    assert_false(contains(result, "CANARY"));
    if (!contains(result, kept)) {
        fail_msg("lost: %s", kept);
    }
}

#define TEXT(s, kept)                                                                              \
    {                                                                                              \
        {(const uint8_t *)(s), sizeof(s) - 1}, kept                                                \
    }

static void test_addresses_in_text(void **state)
{
    static const struct {
        struct bytes in;
        const char *kept; /* upper case */
    } samples[] = {
        TEXT("canary@example.org", "@EXAMPLE.ORG"),
        TEXT("5.1.1 <canary@example.org>: Recipient address rejected", "@EXAMPLE.ORG>: RECIPIENT"),
        TEXT("<canary+tag@example.org>... Relaying denied", ">... RELAYING DENIED"),
        TEXT("user \"canary bird\"@example.org unknown", "@EXAMPLE.ORG UNKNOWN"),
        TEXT("user \"canary \\\"bird\\\"\"@example.org unknown", "USER U"),
        TEXT("<\"canary@home\"@example.org> no", "<U"),
        TEXT("<\"bird@canary\"@example.org> no", "@EXAMPLE.ORG> NO"),
        TEXT("relay <@a.example,@b.example:canary@example.org>", "@A.EXAMPLE,@B.EXAMPLE:U"),
        TEXT("canary%example.net@relay.example", "@RELAY.EXAMPLE"),
        TEXT("canary@canary@example.org", "@EXAMPLE.ORG"),
        TEXT("see http://spf.example/why?id=canary%40example.org&ip=192.0.2.1 now",
             "HTTP://SPF.EXAMPLE/WHY?ID=U"),
        TEXT("ORCPT=rfc822;canary+40example.org", "RFC822;U"),
        TEXT("bounce-canary=40example.org", "=40EXAMPLE.ORG"),
        TEXT("mailto:canary@example.org", "MAILTO:U"),
        TEXT("'canary@example.org'", "@EXAMPLE.ORG'"),
        TEXT("(canary@[192.0.2.1])", "@[192.0.2.1])"),
        TEXT("(canary@[IPv6:2001:db8::1])", "@[IPV6:2001:DB8::1])"),
        TEXT("ca\0nary-canary@example.org", "@EXAMPLE.ORG"),
        TEXT("canary\x01\x02@example.org", "@EXAMPLE.ORG"),
        TEXT("\xc3\xa9-canary@ex\xc3\xa4mple.org", "MPLE.ORG"),
        TEXT("host!canary@example.org", "@EXAMPLE.ORG"),
        TEXT("o'canary@example.org, x.canary@example.net;y_canary@example.com", "@EXAMPLE.COM"),
        TEXT("canary@", "@"),
        TEXT("SRS0=ab=cd=example.org=canary@fwd.example", "@FWD.EXAMPLE"),
    };
    struct redactor *r = redactor(REDACT_ENVELOPE);
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        expect_text(r, samples[i].in, samples[i].kept);
    }
    redactor_free(r);
}

static void test_no_address_no_change(void **state)
{
    static const char *const samples[] = {
        "",
        "2.0.0 Ok: queued as 4ABC",
        "End data with <CR><LF>.<CR><LF>",
        "SIZE 52428800",
        "limit=40 MB at +40C, 100%40",
        "mail.example.org ESMTP Postfix (Debian/GNU)",
        "ETRN @example.org",
        "@",
        "<>",
    };
    struct redactor *r = redactor(REDACT_ENVELOPE);
    char out[256];
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct bytes in = bytes_of_string(samples[i]);
        size_t len = redact_bytes(r, in, out, sizeof(out));
        assert_int_equal(len, in.len);
        assert_memory_equal(out, samples[i], len);
    }
    redactor_free(r);
}

/* --- a session --- */

static struct session *session;
static uint64_t packet;

static struct mark next_mark(void)
{
    packet++;
    return (struct mark){packet, (int64_t)packet * 1000000};
}

static struct text text(const char *s)
{
    return arena_text(session->arena, bytes_of_string(s), 512);
}

static struct event *command(enum verb verb, const char *line)
{
    struct event *e = session_add(session, EVENT_COMMAND, SIDE_CLIENT, next_mark());
    struct bytes rest = bytes_of_string(line), word = text_take_word(&rest);
    e->facts->command.verb = (uint8_t)verb;
    e->facts->command.text = text(line);
    e->facts->command.word = (struct text){e->facts->command.text.s, (uint32_t)word.len, false};
    return e;
}

static struct event *reply(struct event *to, uint16_t code, const char *line)
{
    struct event *e = session_add(session, EVENT_REPLY, SIDE_SERVER, next_mark());
    e->facts->reply.code = code;
    e->facts->reply.to = to ? REPLY_TO_COMMAND : REPLY_TO_GREETING;
    e->facts->reply.answers = to;
    e->facts->reply.lines = 1;
    e->facts->reply.text = e->facts->reply.full = text(line);
    return e;
}

static char *as_json(const struct session *s)
{
    const struct settings settings = {.steps = STEPS_ALL};
    char *out = NULL;
    size_t size = 0;
    struct json_out j = {.file = open_memstream(&out, &size)};
    assert_non_null(j.file);
    json_session(&j, &settings, s);
    fclose(j.file);
    return out;
}

static void add_finding(const char *summary)
{
    struct diagnosis *d = arena_make(session->arena, struct diagnosis);
    struct finding *f = arena_make(session->arena, struct finding);
    strcpy(f->id, "rcpt-rejected");
    f->summary = text(summary);
    f->wire_text = true;
    d->findings = f;
    session->diagnosis = d;
}

static void begin(void)
{
    session = session_new(1);
    assert_non_null(session);
    session->end[SIDE_CLIENT].address.family = session->end[SIDE_SERVER].address.family = 4;
}

/* Writes the redacted session; it must not hold `hidden` (upper case), but all of `kept`. */
static void finish(enum redact level, const char *hidden, const char *const *kept)
{
    struct redactor *r = redactor(level);
    redact_findings(r, session);
    redact_session(r, session);
    char *json = as_json(session);
    print_message("%s\n", json);
    assert_false(hidden && contains(bytes_of_string(json), hidden));
    for (; kept && *kept; kept++) {
        if (!strstr(json, *kept)) {
            fail_msg("lost: %s", *kept);
        }
    }
    free(json);
    redactor_free(r);
    session_free(session);
}

static void test_every_position(void **state)
{
    static const char *const kept[] = {
        "mail.example.org ESMTP", "mx.example.net", "@example.org>", "SIZE=1000",
        "NOTIFY=SUCCESS,FAILURE", "User unknown",   "rfc822;u",      NULL};
    (void)state;
    begin();
    session->smtp.greeting = reply(NULL, 220, "mail.example.org ESMTP canary0@example.org");
    reply(command(VERB_EHLO, "EHLO mx.example.net"), 250, "mail.example.org");
    session->smtp.helo = text("canary1@mx.example.net");
    session->smtp.keywords = arena_make(session->arena, struct keyword);
    session->smtp.keywords->text = text("XADMIN canary2@example.org");

    struct transaction *tx = session_begin_transaction(session, next_mark());
    tx->mail = command(VERB_MAIL, "MAIL FROM:<canary3@example.org> SIZE=1000 "
                                  "AUTH=canary4+40example.org ENVID=canary5+40example.org");
    tx->from = text("<canary3@example.org>");
    tx->params = text("SIZE=1000 AUTH=canary4+40example.org ENVID=canary5+40example.org");
    reply(tx->mail, 250, "2.1.0 canary3@example.org... Sender ok");
    struct recipient *to = session_add_recipient(session, tx);
    to->command = command(VERB_RCPT, "RCPT TO:<canary6@example.org> "
                                     "ORCPT=rfc822;canary7+40example.org NOTIFY=SUCCESS,FAILURE");
    to->to = text("<canary6@example.org>");
    to->params = text("ORCPT=rfc822;canary7+40example.org NOTIFY=SUCCESS,FAILURE");
    reply(to->command, 550, "5.1.1 canary6... User unknown, ask Canary3 or \"canary6\"");
    reply(command(VERB_RCPT, "RCPT TO:<\"Canary Bird\"@example.org>"), 550,
          "5.1.1 Canary Bird is not here");
    reply(command(VERB_RCPT, "rcpt to: canary8@example.org"), 501, "syntax: canary8@example.org");
    reply(command(VERB_RCPT, "RCPT TO:<canary9@example.org"), 501, "no > behind canary9");
    reply(command(VERB_RCPT, "RCPT canary10"), 501, "what?");
    reply(command(VERB_RCPT, "RCPT tocanary11@example.org"), 501, "what?");
    reply(command(VERB_RCPT, "RCPT TO:<@a.example,@b.example:canary12@example.org>"), 250, "ok");
    reply(command(VERB_RCPT, "RCPT TO:<canary13>"), 250, "canary13 ok");
    reply(command(VERB_RCPT, "RCPT TO:Mister Canary <canary14@example.org>"), 501, "no");
    reply(command(VERB_VRFY, "VRFY canary15"), 250, "Joe Canary <canary15@example.org>");
    reply(command(VERB_VRFY, "VRFY Joe Canary <canary16@example.org>"), 252, "try canary16");
    reply(command(VERB_EXPN, "EXPN canary-list"), 250, "Joe Canary <canary17@example.org>");
    reply(command(VERB_NOOP, "NOOP canary18@example.org"), 250, "canary18@example.org?");
    reply(command(VERB_HELP, "HELP canary15"), 214, "no help for CANARY15, nor (canary16)");
    reply(command(VERB_RSET, "RSET"), 250, "forgot <canary3>, 'canary6', canary3.");
    tx->final = reply(NULL, 250, "2.0.0 <20260310.canary@mx.example.net> queued for canary6");
    tx->queue_id = text("canary19@mx");
    add_finding("the server refused canary6 (<canary6@example.org>) with \"550 canary6\"");
    finish(REDACT_ENVELOPE, "CANARY", kept);
}

static void test_none_shows_all(void **state)
{
    static const char *const kept[] = {"<canary@example.org>", "canary... unknown", NULL};
    (void)state;
    begin();
    reply(command(VERB_RCPT, "RCPT TO:<canary@example.org>"), 550, "canary... unknown");
    finish(REDACT_NONE, NULL, kept);
}

/* At every level: a credential in the place of the mechanism, and content that reads like a
 * command. */
static void test_secrets(void **state)
{
    static const char *const kept[] = {"AUTH [...]", "\"VRFY [...]\"",      "auth plain",
                                       "AUTH X-OWN", "<ann@example.org>\"", "HELP me",
                                       NULL};
    (void)state;
    begin();
    session->tcp.midstream = true;
    session->smtp.keywords = arena_make(session->arena, struct keyword);
    session->smtp.keywords->text = text("AUTH PLAIN X-OWN");
    command(VERB_VRFY, "VRFY secret words");
    command(VERB_MAIL, "MAIL FROM:<ann@example.org>");
    command(VERB_HELP, "HELP me");
    command(VERB_AUTH, "AUTH secret==");
    command(VERB_AUTH, "auth plain");
    command(VERB_AUTH, "AUTH X-OWN");
    session_add(session, EVENT_GAP, SIDE_CLIENT, next_mark());
    command(VERB_NOOP, "NOOP");
    command(VERB_NOOP, "NOOP secret");
    session->smtp.auth = AUTH_REFUSED;
    session->smtp.auth_mechanism = text("SECRET");
    finish(REDACT_NONE, "SECRET", kept);
}

/* A text that the model cut may end in the middle of an address. */
static void test_cut_text(void **state)
{
    static const char *const kept[] = {"[...]", NULL};
    char line[600];
    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line + 490, " <secret-canary-in-a-cut", 24);
    line[514] = '\0';
    begin();
    reply(NULL, 550, line);
    assert_true(session->events->facts->reply.text.cut);
    finish(REDACT_ENVELOPE, "CANARY", kept);
}

/* Names of mailboxes that are words of every reply are not hunted for. */
static void test_common_words_stay(void **state)
{
    static const char *const kept[] = {"mail accepted by postmaster", "<>", NULL};
    (void)state;
    begin();
    command(VERB_MAIL, "MAIL FROM:<>");
    reply(command(VERB_RCPT, "RCPT TO:<mail@example.org>"), 250, "mail accepted by postmaster");
    finish(REDACT_ENVELOPE, "MAIL@", kept);
}

static struct tls_name *tls_name(const char *s)
{
    struct tls_name *name = arena_make(session->arena, struct tls_name);
    name->text = text(s);
    return name;
}

/* Mailboxes in certificates, and where nobody expects them. */
static void test_tls_names(void **state)
{
    static const char *const kept[] = {"mx.example.org", "host.example.org", "CN=mail,",
                                       "O=Issuer,",      "@example.net",     NULL};
    struct tls_details *d;
    struct tls_certificate *c;
    (void)state;
    begin();
    session->tls.seen[SIDE_CLIENT] = session->tls.seen[SIDE_SERVER] = true;
    d = tls_facts_details(session);
    d->client.len = 200;
    d->client.server_name = text("mx.example.org");
    d->client.alpn = tls_name("secret-canary@example.net");
    d->server.seen = true;
    d->server.alpn = text("canary@example.net");
    for (int side = 0; side < SIDES; side++) {
        c = d->chain[side].first = tls_certificate_read(session->arena, (struct bytes){0});
        c->readable = d->chain[side].seen = true;
        c->subject = text("CN=mail,emailAddress=canary.one@example.net");
        c->common_name = text("canary.two@example.net");
        c->issuer = text("O=Issuer,emailAddress=canary.three@example.net");
        c->names = tls_name("canary.four@example.net");
        c->names->next = tls_name("host.example.org");
    }
    finish(REDACT_ENVELOPE, "CANARY", kept);
}

/* --- tokens --- */

static void test_tokens(void **state)
{
    struct fail fail;
    struct tokens *t = tokens_new(key_path, &fail), *again = tokens_new(key_path, &fail);
    struct tokens *other = tokens_new(NULL, &fail);
    char a[TOKEN_MAX], b[TOKEN_MAX];
    (void)state;
    assert_non_null(t);
    assert_int_equal(tokens_of(t, bytes_of_string("Joe@Example.org"), a), 6);
    assert_int_equal(a[0], 'u');
    assert_int_equal(strspn(a + 1, "abcdefghijklmnopqrstuvwxyz234567"), 5);
    tokens_of(t, bytes_of_string("joe@example.ORG"), b);
    assert_string_equal(a, b);
    tokens_of(again, bytes_of_string("joe@example.org"), b);
    assert_string_equal(a, b);
    tokens_of(t, bytes_of_string("joe@example.com"), b);
    assert_string_not_equal(a, b);
    tokens_of(other, bytes_of_string("joe@example.org"), b);
    assert_string_not_equal(a, b); /* one in 33 million fails here */
    tokens_free(t);
    tokens_free(again);
    tokens_free(other);
    tokens_free(NULL);
}

static int compare_tokens(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Of so many addresses some share 25 bits: their tokens differ all the same, and stay. */
static void test_no_two_addresses_share_a_token(void **state)
{
    enum { COUNT = 30000 };
    struct tokens *t = tokens_new(key_path, NULL);
    char(*all)[TOKEN_MAX] = calloc(COUNT, TOKEN_MAX), token[TOKEN_MAX], address[32];
    size_t longer = 0;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(address, sizeof(address), "u%d@example.org", i);
        longer += tokens_of(t, bytes_of_string(address), all[i]) > 6;
    }
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(address, sizeof(address), "U%d@example.org", i);
        tokens_of(t, bytes_of_string(address), token);
        assert_string_equal(token, all[i]);
    }
    assert_true(longer > 0 && longer < 100);
    qsort(all, COUNT, TOKEN_MAX, compare_tokens);
    for (int i = 1; i < COUNT; i++) {
        assert_string_not_equal(all[i - 1], all[i]);
    }
    free(all);
    tokens_free(t);
}

static void expect_refused(const struct settings *settings, const char *why)
{
    struct fail fail = {0};
    assert_null(redactor_new(settings, &fail));
    assert_int_equal(fail.status, STATUS_USAGE);
    if (!strstr(fail.text, why)) {
        fail_msg("%s", fail.text);
    }
}

static void test_refused(void **state)
{
    struct settings settings = {.redact = REDACT_SHARE};
    (void)state;
    expect_refused(&settings, "--redact share does not exist yet");
    settings.redact = REDACT_STRICT;
    expect_refused(&settings, "--redact strict does not exist yet");
    settings.redact = REDACT_ENVELOPE;
    settings.redact_key = "/nowhere/key";
    expect_refused(&settings, "--redact-key /nowhere/key: No such file");
    settings.redact_key = "/tmp";
    expect_refused(&settings, "not a file");
    settings.redact_key = key_path;
    assert_int_equal(chmod(key_path, 0640), 0);
    expect_refused(&settings, "chmod 600");
    assert_int_equal(chmod(key_path, 0600), 0);
    assert_int_equal(truncate(key_path, 15), 0);
    expect_refused(&settings, "at least 16 bytes");
    redactor_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_in_text),
        cmocka_unit_test(test_no_address_no_change),
        cmocka_unit_test(test_every_position),
        cmocka_unit_test(test_none_shows_all),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_cut_text),
        cmocka_unit_test(test_common_words_stay),
        cmocka_unit_test(test_tls_names),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_no_two_addresses_share_a_token),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_key, remove_key);
}
