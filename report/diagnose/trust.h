/* trust.h - what a capture can prove about a session: its kind, and where it was made. */
#ifndef REPORT_DIAGNOSE_TRUST_H
#define REPORT_DIAGNOSE_TRUST_H

#include "report/diagnose/finding.h"

/* The worst that applies: lossy, one-sided, midway, full. */
enum capture_kind trust_capture_kind(const struct session *s);
/* Nearer to which end the capture was made, from the halves of the handshake's round trip. */
enum vantage trust_vantage(const struct session *s);
/* The other side had more of this side's bytes, or its FIN, than was captured, or its own packets
 * say that there was more. */
bool trust_lacks_end(const struct session *s, enum side side);
/* More is missing there than one position: a FIN takes one, and no line is as short as that. */
bool trust_lacks_octets(const struct session *s, enum side side);
/* The other side had this side's FIN, which was not captured, and no octet of it is missing. */
bool trust_lacks_fin(const struct session *s, enum side side);
/* Half of the handshake was captured, and the connection went on. */
bool trust_lacks_handshake(const struct session *s);
/* Packets were there that the capture should hold and does not: bytes that were acknowledged, or an
 * end, or half of a handshake. Cut at an edge of the capture, by a short snap length, or seen from
 * one side alone, it lacks nothing by chance. */
bool trust_lost_packets(const struct session *s);
/* The side of which nothing was captured although the other acknowledges it; SIDES: neither. */
enum side trust_missing_side(const struct session *s);

#endif
