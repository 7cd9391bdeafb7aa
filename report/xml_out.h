/* xml_out.h - elements and attributes onto a stream. Implemented in xml.c, the only file that knows
 * the library. Names are ours; values are made safe here, whatever bytes they hold. */
#ifndef REPORT_XML_OUT_H
#define REPORT_XML_OUT_H

#include "capture/packet.h"
#include "dissect/arena.h"
#include "dissect/net/address.h"

struct xml_out;

/* Attributes come right behind xml_open, before content. */
void xml_open(struct xml_out *x, const char *element);
void xml_close(struct xml_out *x);

void xml_word(struct xml_out *x, const char *name, const char *word); /* ours */
void xml_bytes(struct xml_out *x, const char *name, struct bytes b);  /* from outside */
void xml_u64(struct xml_out *x, const char *name, uint64_t n);
void xml_bool(struct xml_out *x, const char *name, bool b);
void xml_utc(struct xml_out *x, const char *name, int64_t ns);
void xml_seconds(struct xml_out *x, const char *name, int64_t ns);
void xml_duration(struct xml_out *x, const char *name, double seconds);
void xml_session_id(struct xml_out *x, const char *name, uint64_t id);
void xml_finding_id(struct xml_out *x, const char *name, uint64_t number);
void xml_address(struct xml_out *x, const char *name, const struct address *a);
/* frame="7", and file="2" where there are several. Nothing for no packet. */
void xml_frame(struct xml_out *x, struct mark m);

/* Content of the open element: with escaped="true" where the text is not as it was on the wire. No
 * attribute may follow. */
void xml_text(struct xml_out *x, struct bytes b);
/* An element with nothing but text; with cut="true" when the original was longer. */
void xml_element(struct xml_out *x, const char *element, struct text t);

#endif
