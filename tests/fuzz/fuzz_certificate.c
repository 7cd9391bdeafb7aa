/* fuzz_certificate.c - any bytes as a certificate: what it says, which names it bears, whether its
 * chain leads to an issuer that is trusted.
 *
 * Input: the certificate, and behind it, where octets are left, the next one of its chain. What is
 * told must hold together; a name, a text or a count that was not in the octets would not.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dissect/limits.h"
#include "dissect/tls/certificate.h"
#include "report/diagnose/server_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_LEN = 4, SHOWN_AT_S = 1800000000, CHAIN_MAX = 4 };

/* The issuer of some seeds (seeds_certificate.py, which takes it from here). */
static const char trusted[] = "-----BEGIN CERTIFICATE-----\n"
                              "MIIBdjCCASigAwIBAgIUO4GmQWrTssCHK6uJgIIASGMLpYcwBQYDK2VwMCkxEDAO\n"
                              "BgNVBAoMB0V4YW1wbGUxFTATBgNVBAMMDFRydXN0ZWQgUm9vdDAgFw0yNjExMjQw\n"
                              "MDE1MDVaGA8yMDUxMDcxNjAwMTUwNVowKTEQMA4GA1UECgwHRXhhbXBsZTEVMBMG\n"
                              "A1UEAwwMVHJ1c3RlZCBSb290MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVH\n"
                              "dq6+vnuSQh7qaRRG0iyjYDBeMB0GA1UdDgQWBBRMXs5AI6A0HuKs/8xNFxVKhU8C\n"
                              "5TAfBgNVHSMEGDAWgBRMXs5AI6A0HuKs/8xNFxVKhU8C5TAPBgNVHRMBAf8EBTAD\n"
                              "AQH/MAsGA1UdDwQEAwICBDAFBgMrZXADQQAxObX8CKLtn+WdT4OiAuDSTQOAKkqk\n"
                              "Heahu11f04J7tBeBR1dgEhlgdw1DnQY1tYaFmCpXt59g5SNOSa02ehoG\n"
                              "-----END CERTIFICATE-----\n";

static struct tls_trust *open_trust(void)
{
    char path[] = "/tmp/fuzz_certificate.XXXXXX";
    int fd = mkstemp(path);
    struct fail fail = {0};
    struct tls_trust *t = NULL;

    if (fd >= 0) {
        if (write(fd, trusted, sizeof trusted - 1) == (ssize_t)(sizeof trusted - 1)) {
            t = tls_trust_open(path, &fail);
        }
        (void)close(fd);
        (void)unlink(path);
    }
    if (!t) {
        abort();
    }
    return t;
}

/* DER says how long it is, in two octets behind the first two, where it is as long as these are. */
static struct bytes cut_first(struct bytes b)
{
    size_t len = b.len;

    if (b.len > HEADER_LEN && b.data[0] == 0x30 && b.data[1] == 0x82) {
        len = (size_t)HEADER_LEN + (size_t)(b.data[2] << 8 | b.data[3]);
    }
    return (struct bytes){b.data, len < b.len ? len : b.len};
}

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_text(struct text t)
{
    require(t.s && t.len <= LIMIT_TEXT);
}

static void check(const struct tls_certificate *c)
{
    static const char *const hosts[] = {"mx.example.org", "192.0.2.25", "2001:db8::25", "."};
    uint32_t kept = 0;

    check_text(c->subject);
    check_text(c->issuer);
    check_text(c->common_name);
    check_text(c->serial);
    check_text(c->signature);
    for (const struct tls_name *n = c->names; n; n = n->next, kept++) {
        check_text(n->text);
    }
    require(kept <= LIMIT_CERTIFICATE_NAMES && kept <= c->name_count);
    require(c->readable || (!c->names && !c->key_type && !c->self_signed && !c->subject.len));
    require(!c->self_signed || c->self_issued);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        (void)server_name_is_borne(c, (struct text){hosts[i], (uint32_t)strlen(hosts[i]), false});
    }
    (void)server_name_is_unsure(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tls_trust *trust;
    struct arena *arena = arena_new(4096);
    struct tls_certificate *leaf = NULL, **tail = &leaf;
    uint8_t *copy = malloc(size ? size : 1); /* of exactly this size: reading past it is seen */
    struct bytes left = {copy, size};

    if (!arena || !copy) {
        abort();
    }
    trust = trust ? trust : open_trust();
    if (size) {
        memcpy(copy, data, size);
    }
    for (int i = 0; i < CHAIN_MAX && (left.len || i == 0); i++) {
        struct bytes der = cut_first(left);
        *tail = tls_certificate_read(arena, der);
        (*tail)->der = der;
        check(*tail);
        tail = &(*tail)->next;
        left = (struct bytes){left.data + der.len, left.len - der.len};
    }
    (void)tls_trust_verify(trust, leaf, SHOWN_AT_S);
    free(copy);
    arena_free(arena);
    return 0;
}
