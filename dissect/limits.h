/* limits.h - every number that bounds something that could grow.
 *
 * Reaching one is told, never a silent cut: by name, as an event of the session and in the
 * capture's totals (dissect/limit.h); or where reports show it themselves (a text with "cut", a
 * gap). What bounds the reading of a file stands with its format in capture/ and is told as damage.
 */
#ifndef DISSECT_LIMITS_H
#define DISSECT_LIMITS_H

enum {
    /* Text kept from one line; longer ones are kept cut, with `cut` set (INTERFACE: 512). */
    LIMIT_TEXT = 512,
    /* A line is assembled up to this length; the rest is skipped to its end, its true length
     * counted. Postfix reads 2048, RFC 4954 section 4 allows 12288 for AUTH. */
    LIMIT_LINE = 12288,
    /* The lines of one reply joined, for its classification. */
    LIMIT_REPLY_TEXT = 1024,
    /* EHLO keywords kept of one reply. */
    LIMIT_KEYWORDS = 64,
    /* Recipients kept with text in one transaction; the rest is counted (RFC 5321 section
     * 4.5.3.1.8 makes servers accept at least 100). */
    LIMIT_RECIPIENTS = 1000,
    /* Commands that may be outstanding at once in one direction before replies are no longer
     * matched. */
    LIMIT_OUTSTANDING = 4096,
    /* Bytes and packets of a client kept while a reply that decides what they are is outstanding.
     */
    LIMIT_KEPT_BYTES = 65536,
    LIMIT_KEPT_PACKETS = 1024,
    /* Events of one chapter of a session (dissect/session.h), and events kept of one session. */
    LIMIT_CHAPTER_EVENTS = 4096,
    LIMIT_SESSION_EVENTS = 16384,
    /* Retransmissions, closed windows, conflicts told one by one in a session. */
    LIMIT_TRANSPORT_EVENTS = 256,
    LIMIT_ICMP_EVENTS = 16,
    /* Bytes one direction of one connection may hold out of order or early before a gap is
     * declared, and what all connections together may hold. */
    LIMIT_HELD_BYTES = 1024 * 1024,
    LIMIT_HELD_SEGMENTS = 512,
    LIMIT_HELD_BYTES_ALL = 64 * 1024 * 1024,
    /* Connections at once; the least recently used is ended to make room. */
    LIMIT_CONNECTIONS = 1000000,
    LIMIT_SESSIONS = 200000, /* of them, with a dialogue */
    /* Memory of sessions that are not told yet, with what is kept to read them; to stay within, the
     * least recently used is told as it stands. */
    LIMIT_SESSION_BYTES_ALL = 192 * 1024 * 1024,
    /* Beyond so much of it in open ones, those silent for longest are packed, to a fifth or so,
     * until their next packet. */
    LIMIT_WARM_BYTES = 64 * 1024 * 1024,
    /* Sessions that end with the input and wait until all were seen (report/held.h). Beyond it they
     * are judged by what was seen by then: nothing is left out, and nothing is told. */
    LIMIT_UNJUDGED_BYTES = 16 * 1024 * 1024,
    /* Connections with half a handshake at most, or not yet known to be mail: a flood. The oldest
     * is told as it stands. */
    LIMIT_UNANSWERED = 45000,
    /* Packets inside packets: headers that carry another link or IP header. */
    LIMIT_ENCAPSULATIONS = 8,
    /* Packets in fragments at once, and the bytes kept of all of them; the oldest is given up. */
    LIMIT_FRAGMENT_DATAGRAMS = 1024,
    LIMIT_FRAGMENT_BYTES_ALL = 16 * 1024 * 1024,
    /* A TLS handshake message is assembled up to this length. */
    LIMIT_HANDSHAKE = 65536,
    /* Numbers kept of one list in a hello, certificates of one side, names of one certificate. */
    LIMIT_TLS_NUMBERS = 256,
    LIMIT_CERTIFICATES = 32,
    LIMIT_CERTIFICATE_NAMES = 128,
    /* Secrets held of key logs, 82 octets each; the oldest half is given up for new ones. */
    LIMIT_KEYLOG_SECRETS = 262144,
    /* Keys and numbers tried in one session to find the place behind gaps in its records. */
    LIMIT_TLS_TRIES = 8192,
    /* What is remembered of all sessions together: peers, findings by peer, and clients, servers
     * and pairs of them for the rules over many sessions. Those worth least make room
     * (report/diagnose/sweep.h). */
    LIMIT_PEERS = 8192,
    LIMIT_FINDING_GROUPS = 4096,
    LIMIT_WATCHED = 4096,
    /* Hosts, ports of hosts and pairs of hosts of which is remembered that they work. The one not
     * seen for the longest time makes room, and less is known then. */
    LIMIT_NEIGHBOURS = 4096,
};

/* Seconds of packet time. */
enum {
    /* A packet of which fragments are missing is given up. Linux waits as long; RFC 791 section 3.2
     * says 15 or more, RFC 8200 60. */
    LIMIT_FRAGMENT_SECONDS = 30,
    /* A hole that its receiver acknowledged is a gap when it was not captured by then. */
    LIMIT_GAP_SECONDS = 3,
    /* A silence that firewalls and NAT devices may use to forget a connection. */
    LIMIT_QUIET_SECONDS = 60,
    /* A connection that ended (both FINs acknowledged, or a valid RST) is told after this silence.
     */
    LIMIT_LINGER_SECONDS = 10,
    /* A connection on which nothing was seen for so long is ended: longer than the longest timer of
     * a mail server's default configuration (Sendmail, 3600 s). */
    LIMIT_IDLE_SECONDS = 4000,
    /* The same for connections that carry no mail, and for a SYN that nobody answered. */
    LIMIT_IDLE_OTHER_SECONDS = 300,
};

#endif
