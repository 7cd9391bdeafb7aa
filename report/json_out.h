/* json_out.h - JSON onto a stream: commas, quotes and numbers; no tree, no allocation. */
#ifndef REPORT_JSON_OUT_H
#define REPORT_JSON_OUT_H

#include <stdio.h>

#include "capture/packet.h"
#include "dissect/arena.h"
#include "dissect/net/address.h"

struct json_out {
    FILE *file;
    bool comma;      /* a value stands before, on this level */
    bool many_files; /* a frame names its file too */
};

/* A value stands at the top, after a key, or in an array. Names are ours: never escaped. */
void json_begin(struct json_out *j, char bracket); /* '{' or '[' */
void json_end(struct json_out *j, char bracket);   /* '}' or ']' */
void json_key(struct json_out *j, const char *name);

void json_word(struct json_out *j, const char *word); /* a string of ours that needs no escaping */
void json_bytes(struct json_out *j, struct bytes b);  /* a string from outside */
void json_u64(struct json_out *j, uint64_t n);
void json_bool(struct json_out *j, bool b);
void json_utc(struct json_out *j, int64_t ns);
void json_seconds(struct json_out *j, int64_t ns);
void json_duration(struct json_out *j, double seconds);
void json_session_id(struct json_out *j, uint64_t id);
void json_address(struct json_out *j, const struct address *a);
/* 41209, or {"file":2,"frame":7} */
void json_frame(struct json_out *j, struct mark m);

/* A key and its value. */
void json_key_word(struct json_out *j, const char *name, const char *word);
void json_key_bytes(struct json_out *j, const char *name, struct bytes b);
void json_key_u64(struct json_out *j, const char *name, uint64_t n);
void json_key_bool(struct json_out *j, const char *name, bool b);
void json_key_utc(struct json_out *j, const char *name, int64_t ns);
void json_key_duration(struct json_out *j, const char *name, double seconds);
/* The text, and "cut":true when the original was longer. */
void json_key_text(struct json_out *j, const char *name, struct text t);
void json_open(struct json_out *j, const char *name, char bracket);

#endif
