/* opening.h - the first bytes of a connection, and whether mail begins so. */
#ifndef DISSECT_OPENING_H
#define DISSECT_OPENING_H

#include "capture/bytes.h"
#include "dissect/event.h"

enum { OPENING_SIDE_MAX = 256, OPENING_PIECES = 12 };

/* The first bytes of both sides, in the order in which they were said. Never an AUTH exchange; of
 * passwords, and of what else a client's line keeps secret, only the length. */
struct opening {
    uint8_t data[SIDES][OPENING_SIDE_MAX];
    uint16_t len[SIDES];
    struct opening_piece {
        uint8_t side;
        uint16_t len;
    } piece[OPENING_PIECES]; /* which side said how much, by turns */
    uint8_t piece_count;
    uint16_t line;      /* where the client's last line begins */
    bool masked, ended; /* the rest of that line, and everything from now on, is not kept */
};

/* Empty. NULL when out of memory. */
struct opening *opening_new(void);
/* Wiped first. */
void opening_free(struct opening *o);
/* True when something of it was kept. */
bool opening_add(struct opening *o, enum side side, struct bytes data);

enum opening_fit {
    OPENING_FOREIGN, /* no side of a mail session begins so */
    OPENING_SO_FAR,  /* too few bytes, and nothing against it */
    OPENING_FITS,    /* it may be mail, or something that resembles it */
    OPENING_CLEAR,   /* only mail begins so: a hello or an envelope */
};

/* How well the first bytes of this side, or (inside) of any of its segments, fit to mail. */
enum opening_fit opening_fit(enum side side, struct bytes first, bool inside);
/* Server and client both begin as mail does. */
bool opening_is_plain(const struct opening *o);
/* One of them begins as mail never does, and the server does not call itself a mail server. inside:
 * the beginning of the connection was not captured. */
bool opening_is_foreign(const struct opening *o, bool inside);
/* What the server says first is no reply of SMTP, however broken: it serves something else. */
bool opening_serves_other(const struct opening *o);
/* The server says that it serves mail. */
bool opening_names_mail(const struct opening *o);

#endif
