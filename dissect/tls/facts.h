/* facts.h - what a TLS handshake told, kept in its session.
 *
 * struct tls_facts (dissect/session.h) holds what every reader wants; this is the rest, made when a
 * hello or a certificate is really read, so that a plain session pays nothing for it. After a
 * HelloRetryRequest the facts are those of the first ClientHello and of the last ServerHello; a
 * renegotiation changes none of them.
 */
#ifndef DISSECT_TLS_FACTS_H
#define DISSECT_TLS_FACTS_H

#include "dissect/session.h"
#include "dissect/tls/certificate.h"
#include "dissect/tls/fingerprint.h"
#include "dissect/tls/handshake.h"

/* In the order sent, without the reserved numbers of RFC 8701; cut at LIMIT_TLS_NUMBERS. */
struct tls_numbers {
    uint16_t *n;
    uint32_t count;
    bool more; /* than are kept */
};

struct tls_client_facts {
    uint32_t len; /* octets of the ClientHello; 0: none was read */
    bool ssl2;    /* in the form of SSL 2 */
    uint16_t legacy_version;
    struct text server_name;     /* empty: none */
    struct tls_numbers versions; /* all it offers, supported_versions or else legacy_version */
    struct tls_numbers ciphers, groups, key_shares, signatures;
    struct tls_name *alpn;
    bool ticket;         /* a session ticket was sent, not only asked for */
    bool pre_shared_key; /* TLS 1.3's resumption, or an external key */
    bool early_data;
    bool encrypted_hello; /* an encrypted ClientHello, or a stand-in for one */
    bool compression;     /* more than "null" was offered */
    bool renegotiation;   /* secure renegotiation, by extension or cipher number */
    uint8_t session_id_len, session_id[32];
    char ja3[TLS_JA3_SIZE], ja4[TLS_JA4_SIZE];
};

struct tls_server_facts {
    bool seen;
    uint16_t group;   /* 0: not told */
    uint32_t dh_bits; /* of the prime of an ephemeral Diffie-Hellman key; 0: none, or not told */
    bool stamped;     /* time stamps of transparency logs beside the certificate */
    bool compressed;  /* TLS compression was chosen (up to TLS 1.2) */
    struct text alpn;
    char ja3s[TLS_JA3_SIZE];
};

/* The certificates one side showed, in its order. */
struct tls_chain {
    bool seen; /* a Certificate message, empty or not */
    struct tls_certificate *first;
    uint32_t count; /* kept or not (LIMIT_CERTIFICATES) */
    struct mark at;
};

struct tls_details {
    struct tls_client_facts client;
    struct tls_server_facts server;
    struct tls_chain chain[SIDES];
    struct mark certificate_request; /* packet 0: the server asked for none in clear */
    bool stapled;                    /* CertificateStatus: an OCSP answer */
    bool hello_done;                 /* ServerHelloDone: the server's flight of TLS 1.2 is whole */
    struct mark hello[SIDES];        /* the first ClientHello, the last ServerHello */
    struct mark flight_end;          /* last packet of the server's flight before the client answers
                                      */
    /* What nDPI may be given of the first ClientHello, of the last ServerHello
     * (dissect/tls/excerpt.h); empty: nothing. Only with session.keep_opening. */
    struct bytes excerpt[SIDES];
};

/* NULL: nothing was read. */
static inline const struct tls_details *tls_details_of(const struct session *s)
{
    return s->tls.details;
}

/* Each takes the body of a message, without its header. */
void tls_facts_client_hello(struct session *s, struct bytes body, struct mark mark);
void tls_facts_ssl2_hello(struct session *s, struct bytes message, struct mark mark);
/* True: it is a HelloRetryRequest. */
bool tls_facts_server_hello(struct session *s, struct bytes body, struct mark mark);
void tls_facts_certificates(struct session *s, enum side side, struct bytes body, struct mark mark);
/* ServerKeyExchange, RFC 5246 section 7.4.3, RFC 8422 section 5.4: its group, or how long its prime
 * is. */
void tls_facts_key_exchange(struct session *s, struct bytes body);
/* Of TLS 1.3, opened with a key log. */
void tls_facts_encrypted_extensions(struct session *s, struct bytes body);
/* For messages of which only their presence is kept. */
struct tls_details *tls_facts_details(struct session *s);

#endif
