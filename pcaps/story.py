"""story - an hour at a relay: one partner's server stops answering after the end of data.

The relay 192.0.2.10 delivers to four servers. From 14:22:40 on mail.partner.example accepts every
message and never replies to its final dot; the relay waits its 600 s and gives up. It is still so
when the capture ends. Everybody else is fine, but for what a normal hour brings: an unknown user, a
reset, a program that sends its commands in the wrong order, a client that speaks in clear to 465.
"""
from craft import C, S, Net, content, hidden, tls12
from scene import scene

RELAY = "192.0.2.10"
PARTNER, LARGE, SMALL, SIX = "198.51.100.25", "203.0.113.25", "203.0.113.77", "2001:db8:25::25"
NAMES = {PARTNER: "mail.partner.example", LARGE: "mx1.large.example", SMALL: "mx.small.example", SIX: "mx6.large.example"}
PEOPLE = ("ann", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
ONSET, END = 22 * 60 + 40.0, 60 * 60.0
HUNG = ["data-final-timeout", "duplicate-delivery-risk"]


def hello(c, server, keywords):
    c.server(f"220 {NAMES[server]} ESMTP", ack=False)
    c.client("EHLO relay.sender.example", ack=False)
    words = [NAMES[server], *keywords]
    c.server("\n".join(f"250{'-' if i + 1 < len(words) else ' '}{w}" for i, w in enumerate(words)), ack=False)


def envelope(c, n, domain):
    """Pipelined, as relays do."""
    sender, to = PEOPLE[n % 8], PEOPLE[(n * 3 + 1) % 8]
    c.client(f"MAIL FROM:<{sender}@sender.example> SIZE={700 + n % 9 * 130}\nRCPT TO:<{to}@{domain}>\nDATA", ack=False)
    return sender, to


def deliver(true, net, at, server, n):
    """One mail that goes well."""
    c = net.tcp(RELAY if ":" not in server else "2001:db8:10::10", server, at=at, rtt=0.012 + n % 5 * 0.006).open()
    hello(c, server, ("PIPELINING", "SIZE 52428800", "8BITMIME"))
    domain = NAMES[server].split(".", 1)[1]
    sender, to = envelope(c, n, domain)
    c.server("250 2.1.0 Ok\n250 2.1.5 Ok\n354 End data with <CR><LF>.<CR><LF>", ack=False)
    c.client(content(700 + n % 9 * 130, f"{sender}@sender.example", f"{to}@{domain}") + b".\r\nQUIT\r\n", ack=False)
    c.server(f"250 2.0.0 Ok: queued as {n * 7919 + 0x4A000000:X}\n221 2.0.0 Bye", dt=0.08 + n % 7 * 0.11, ack=False)
    true(c.close(S), "delivered", 1, forbid=HUNG)


def hang(true, net, at, n):
    """One that the partner swallows: 600 s, then the relay gives up; or the capture ends before."""
    c = net.tcp(RELAY, PARTNER, at=at, rtt=0.021).open()
    hello(c, PARTNER, ("PIPELINING", "SIZE 52428800", "8BITMIME"))
    sender, to = envelope(c, n, "partner.example")
    c.server("250 2.1.0 Ok\n250 2.1.5 Ok\n354 End data with <CR><LF>.<CR><LF>", ack=False)
    c.client(content(700 + n % 9 * 130, f"{sender}@sender.example", f"{to}@partner.example") + b".\r\n")
    if c.t + 600 < END:
        c.end(C, dt=600.0 + n % 3 * 0.01).end(S, dt=0.022).seg(C)
        true(c, "no reply to the final dot for 600 s; the relay closed", 0, HUNG, also=HUNG, points=["server"],
             forbid=["data-aborted", "client-timeout-too-short", "client-abort-eod", "server-closed-mid-session"])
    else:
        true(c, "waiting for the reply to the final dot when the capture ended", 0, also=["capture-ends-open"],
             forbid=HUNG + ["client-timeout-too-short"])


def encrypted(true, net, at, n):
    c = net.tcp(RELAY, LARGE, at=at).open()
    hello(c, LARGE, ("PIPELINING", "STARTTLS"))
    c.talk("C STARTTLS\nS 220 2.0.0 Ready to start TLS")
    tls12(c, NAMES[LARGE], seed=n, certificate=700)
    for k, (ask, answer) in enumerate(((58, 120), (110, 90), (900 + n, 70), (35, 44))):
        hidden(c, C, ask, n + k)
        hidden(c, S, answer, n + 40 + k)
    true(c.close(S), "delivered inside TLS", 0, forbid=["tls-no-serverhello", "data-final-timeout"])


def incidents(true, net):
    c = net.tcp(RELAY, SMALL, at=7 * 60 + 3.2).open()
    hello(c, SMALL, ("SIZE 1000000",))
    c.talk("C MAIL FROM:<ann@sender.example>\nS 250 ok\nC RCPT TO:<nobody@small.example>\n"
           "S 550 5.1.1 <nobody@small.example>: Recipient address rejected: User unknown\nC QUIT\nS 221 bye")
    true(c.close(), "unknown user", 0, ["user-unknown", "permanent-reject-unclassified"], forbid=["client-abort-rcpt", "server-closed-mid-session"])

    c = net.tcp(RELAY, SMALL, at=31 * 60 + 11.7).open()
    hello(c, SMALL, ("SIZE 1000000",))
    c.talk("C MAIL FROM:<bob@sender.example>\nS 250 ok\nC RCPT TO:<carol@small.example>\nS 250 ok\nC DATA\nS 354 go")
    c.client(content(9000, "bob@sender.example", "carol@small.example"))
    c.reset(S, dt=0.3)
    true(c, "RST from the server inside the message", 0, ["tcp-reset-by-server-data"], also=["data-aborted"], points=["server"],
         forbid=["duplicate-delivery-risk"])

    c = net.tcp("192.0.2.40", SMALL, at=12 * 60 + 40.1).open()
    hello(c, SMALL, ("SIZE 1000000",))
    c.talk("C RCPT TO:<carol@small.example>\nS 503 5.5.1 Error: need MAIL command\nC QUIT\nS 221 bye")
    true(c.close(), "RCPT before MAIL", 0, ["bad-sequence-503", "bad-sequence-client"], points=["client"])

    c = net.tcp("192.0.2.41", LARGE, at=44 * 60 + 2.4, dport=465).open()
    c.end(C, dt=25.0).end(S).seg(C)
    true(c, "silence on 465: the client waits for a greeting, the server for TLS", 0,
         ["implicit-tls-deadlock", "greeting-timeout", "client-abort-greeting"], forbid=["connect-timeout", "data-final-timeout"])


@scene("eod-timeout.pcap", """An hour at a relay, a hundred sessions: from 14:22:40 on one server accepts every message and never answers its final
       dot; others are fine. Also a reset, a wrong order of commands, an unknown user, silence on 465.""")
def eod_timeout(true):
    net = Net(start="2026-03-10T14:00:00Z")
    turns = (PARTNER, LARGE, LARGE, SMALL, PARTNER, SIX, LARGE)
    at, n = 9.4, 0
    while at < END - 12:
        server = turns[n % len(turns)]
        if server == PARTNER and at >= ONSET:
            hang(true, net, at, n)
        elif n % 13 == 6:
            encrypted(true, net, at, n)
        else:
            deliver(true, net, at, server, n)
        n += 1
        at += 21.0 + n * 37 % 29 + n * 13 % 10 / 10
    incidents(true, net)
    deliver(true, net, END - 1.2, LARGE, n)
    return net
