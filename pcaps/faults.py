"""faults - connections that fail to open or end before their time, each beside one that nearly does.

A scene holds the fault and its near misses; every session says what must and must not be told.
"""
from craft import ACK, C, RST, S, Net, content
from scene import scene

A, B = "192.0.2.10", "198.51.100.25"
A6, B6 = "2001:db8:1::10", "2001:db8:2::25"
ROUTER, ROUTER6 = "203.0.113.1", "2001:db8:3::1"
CONNECT = ("connect-timeout", "connect-refused", "connect-icmp-unreachable", "connect-port-unreachable",
           "connect-admin-prohibited", "connect-no-ack", "connect-client-rst-synack")


def but(*kept):
    """Every connect-* rule except those."""
    return [rule for rule in CONNECT if rule not in kept]


def well(net, at, server=B, true=None, outcome="delivered", **more):
    c = net.tcp(A, server, at=at).open().hello().mail().quit().close()
    if true:
        true(c, outcome, 1, **more)
    return c


def resend_syn(c, *pauses):
    for pause in pauses:
        c.syn(C, dt=pause, stay=True)


@scene("connect-timeout.pcap", """Four SYNs and no answer. Near misses: a second SYN is answered; two SYNs lie before the end of
       the capture.""")
def connect_timeout(true):
    net = Net()
    c = net.tcp(A, "203.0.113.66")
    c.syn(C)
    resend_syn(c, 1.0, 2.0, 4.0)
    true(c, "no answer to four SYNs", 0, ["connect-timeout"], points=["network"], forbid=but("connect-timeout") + ["capture-one-direction", "connect-unanswered-open"])
    d = net.tcp(A, B, at=2)
    d.syn(C)
    resend_syn(d, 1.0)
    d.syn(S)
    d.seg(C)
    true(d.hello().mail().quit().close(), "delivered; the first SYN was lost", 1, also=["connect-slow"], forbid=CONNECT)
    e = net.tcp(A, "203.0.113.67", at=39)
    e.syn(C)
    resend_syn(e, 1.0)
    true(e, "two SYNs when the capture ended", 0, also=["connect-unanswered-open"], forbid=["connect-timeout", "connect-refused"])
    return net


@scene("connect-refused.pcap", """RST to the SYN. Near misses: a stray RST that acknowledges something else, then the connection comes up; the SYN-ACK was
       not captured, and the server resets 0.3 s later, with a number of its own.""")
def connect_refused(true):
    net = Net()
    c = net.tcp(A, "203.0.113.66")
    c.syn(C)
    c.refuse()
    true(c, "RST to the SYN", 0, ["connect-refused"], points=["server"], forbid=but("connect-refused"))
    c = net.tcp(A6, B6, at=1)
    c.syn(C)
    c.refuse()
    true(c, "RST to the SYN, IPv6", 0, ["connect-refused"], points=["server"], forbid=but("connect-refused"))
    d = net.tcp(A, B, at=2)
    d.syn(C)
    d.seg(S, flags=RST | ACK, win=0, ack=-50000, seq=-1 - d.isn[S], dt=0.001, stay=True)
    d.syn(S)
    d.seg(C)
    true(d.hello().mail().quit().close(), "delivered; a forged RST was ignored", 1, forbid=CONNECT)
    e = net.tcp(A, "203.0.113.67", at=4)
    e.syn(C)
    e.syn(S, unseen=True)
    e.seg(S, flags=RST | ACK, win=0, dt=0.3)
    true(e, "RST some time behind a SYN-ACK that the capture lacks", 0, [], also=["tcp-reset-by-server-greeting"], forbid=CONNECT)
    return net


@scene("connect-refused-on-path.pcap", """The server's host is known from other connections, seven routers away. A RST to a SYN there began two routers away;
       one came from farther away than the host: whose it is cannot be told. Near misses: the host's own TTL; one router off; an initial TTL of
       255 at the same distance; a host of which nothing else was seen, and one whose TTL varies.""")
def refused_on_path(true):
    net = Net()
    told = ("connect-refused", "tcp-reset-injected")
    wavering = "198.51.100.26"
    for n, (server, ttl) in enumerate(((B, 57), (wavering, 57), (wavering, 62))):
        c = net.tcp(A, server, at=n, dport=587, ttl={S: ttl}).open().hello(keywords=("STARTTLS",)).mail().quit().close()
        true(c, "delivered on another port", 1, forbid=CONNECT)
    cases = (("began two routers away", B, 62, "middlebox", told), ("came from farther away than the host", B, 50, "unknown", told[:1]),
             ("the host's own", B, 57, "server", told[:1]), ("one router off", B, 58, "server", told[:1]),
             ("initial TTL 255, as far away", B, 248, "server", told[:1]), ("nothing else seen of this host", "203.0.113.66", 62, "server", told[:1]),
             ("the host's TTL varies so much", wavering, 62, "server", told[:1]))
    for n, (what, server, ttl, party, rules) in enumerate(cases):
        c = net.tcp(A, server, at=10 + n, ttl={S: ttl})
        c.syn(C)
        c.refuse()
        true(c, "RST to the SYN; " + what, 0, ["connect-refused"], also=list(rules), points=[party],
             forbid=but("connect-refused") + [r for r in told if r not in rules])
    return net


def icmp_scene(file, how, rule, four, six, points):
    @scene(file, how)
    def build(true):
        net = Net()
        for n, (kind, code) in enumerate(four):
            c = net.tcp(A, "203.0.113.66", at=n)
            c.syn(C)
            c.icmp(ROUTER, kind, code)
            true(c, f"ICMP {kind}/{code} quotes the SYN", 0, [rule], points=points, forbid=but(rule))
        for n, (kind, code) in enumerate(six):
            c = net.tcp(A6, B6, at=10 + n)
            c.syn(C)
            c.icmp(ROUTER6, kind, code)
            true(c, f"ICMPv6 {kind}/{code} quotes the SYN", 0, [rule], points=points, forbid=but(rule))
        d = net.tcp(A, B, at=20)
        d.syn(C)
        quoted = bytearray(d.last_ip)
        quoted[20:22] = (9).to_bytes(2, "big")  # another connection's port
        d.icmp(ROUTER, *four[0], quoted=bytes(quoted), dt=0.005)
        d.syn(S)
        d.seg(C)
        true(d.hello().mail().quit().close(), "delivered; the ICMP error quotes another connection", 1, forbid=CONNECT)
        return net


icmp_scene("connect-icmp-unreachable.pcap", "ICMP net, host and route unreachable and time exceeded about the SYN. Near miss: it quotes another port.",
           "connect-icmp-unreachable", [(3, 0), (3, 1), (11, 0)], [(1, 0), (1, 3)], ["network"])
icmp_scene("connect-port-unreachable.pcap", "ICMP port unreachable about the SYN. Near miss: it quotes another port.",
           "connect-port-unreachable", [(3, 3)], [(1, 4)], ["server", "middlebox"])
icmp_scene("connect-admin-prohibited.pcap", "ICMP administratively prohibited about the SYN. Near miss: it quotes another port.",
           "connect-admin-prohibited", [(3, 9), (3, 10), (3, 13)], [(1, 1)], ["policy"])


@scene("connect-icmp-late.pcap", """Near miss of connect-icmp-unreachable: an ICMP error arrives after an earlier SYN, yet the SYN sent again is
       answered and the mail delivered.""")
def icmp_late(true):
    net = Net()
    c = net.tcp(A, B)
    c.syn(C)
    c.icmp(ROUTER, 3, 1)
    resend_syn(c, 1.0)
    c.syn(S)
    c.seg(C)
    true(c.hello().mail().quit().close(), "delivered", 1, forbid=CONNECT + ("icmp-unreachable-mid-session",))
    return net


@scene("connect-no-ack.pcap", "Seen at the server: SYN-ACK four times, never an answer. Near miss: the second SYN-ACK is answered.", vantage="server")
def no_ack(true):
    net = Net()
    c = net.tcp(A, B, near=S)
    c.syn(C)
    c.syn(S)
    for pause in (1.0, 2.0, 4.0):
        c.syn(S, dt=pause, stay=True)
    true(c, "the client never answers the SYN-ACK", 0, ["connect-no-ack"], points=["network", "client"], forbid=but("connect-no-ack"))
    d = net.tcp("192.0.2.11", B, at=1, near=S)
    d.syn(C)
    d.syn(S)
    d.syn(S, dt=1.0, stay=True)
    d.seg(C)
    true(d.hello().mail().quit().close(), "delivered", 1, forbid=CONNECT)
    well(net, 40, true=true)
    return net


@scene("connect-client-rst.pcap", "The client answers the SYN-ACK with RST. Near miss: RST after the handshake and a whole session.")
def client_rst(true):
    net = Net()
    c = net.tcp(A, B)
    c.syn(C)
    c.syn(S)
    c.seg(C, flags=RST, ack=0, win=0)
    true(c, "half-open probe", 0, also=["connect-client-rst-synack"], allow=["probe-session"], forbid=but("connect-client-rst-synack"))
    d = net.tcp(A, B, at=1).open().hello().mail().quit()
    d.reset(C)
    true(d, "delivered, RST after 221", 1, forbid=list(CONNECT) + ["tcp-reset-by-client-quit"])
    return net


@scene("reset-by-server.pcap", """RST from the server inside the message. Near misses: RST after 221, RST that answers data behind
       the server's FIN, a RST outside the window that everybody ignores.""")
def reset_by_server(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    c.client(content(12000))
    c.reset(S, dt=0.4)
    true(c, "RST from the server after 12 kB of content", 0, ["tcp-reset-by-server-data"], also=["data-aborted"], points=["server"],
         forbid=["tcp-reset-injected", "tcp-reset-by-client-data", "duplicate-delivery-risk", "sender-stall"])
    d = net.tcp(A, B, at=5).open().hello().mail().quit()
    d.reset(S)
    true(d, "delivered, RST after 221", 1, forbid=["tcp-reset-by-server-quit"])
    e = net.tcp(A, B, at=6).open().hello()
    e.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 421 4.3.2 shutting down")
    e.end(S)
    e.client("RSET", ack=False)
    e.seg(S, flags=RST, win=0, ack=0)
    true(e, "421, FIN; the RST answers what the client sent after it", 0, ["service-shutdown", "transient-reject-unclassified"],
         forbid=["tcp-reset-by-server-rcpt", "tcp-reset-by-server-idle", "server-closed-mid-session", "tcp-reset-by-server-mail"])
    f = net.tcp(A, B, at=8).open().hello()
    f.seg(S, flags=RST | ACK, win=0, seq=f.next[S] + 900000000, ttl=250, dt=0.1, stay=True)
    true(f.mail().quit().close(), "delivered; a blind RST missed the window", 1,
         forbid=["tcp-reset-by-server-idle", "tcp-reset-by-server-ehlo", "tcp-reset-by-server-mail"])
    return net


@scene("reset-by-client.pcap", "RST from the client right after RCPT. Near misses: RST after QUIT, and after a refusal for good.")
def reset_by_client(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>")
    c.seg(S)
    c.reset(C, dt=0.7)
    true(c, "RST from the client, RCPT unanswered for 0.7 s", 0, ["tcp-reset-by-client-rcpt"], points=["client"],
         forbid=["rcpt-timeout", "tcp-reset-by-server-rcpt", "client-abort-rcpt", "rst-after-quit"])
    d = net.tcp(A, B, at=3).open().hello().mail()
    d.client("QUIT", ack=False)
    d.reset(C)
    true(d, "delivered, RST behind QUIT", 1, also=["rst-after-quit"], forbid=["tcp-reset-by-client-quit", "tcp-reset-by-client-idle"])
    e = net.tcp(A, B, at=4).open().hello()
    e.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<nobody@example.com>\nS 550 5.1.1 <nobody@example.com>: user unknown")
    e.reset(C)
    true(e, "550, then RST", 0, ["user-unknown", "permanent-reject-unclassified"], forbid=["tcp-reset-by-client-idle", "tcp-reset-by-client-rcpt", "client-abort-idle"])
    return net


@scene("closed-by-server.pcap", """The server's FIN between two commands. Near misses: FIN after 421, after 221, and after a 5xx greeting.""")
def closed_by_server(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>")
    c.end(S, dt=0.9).end(C).seg(S)
    true(c, "FIN instead of a reply to RCPT", 0, ["server-closed-mid-session"], points=["server"],
         forbid=["client-abort-rcpt", "rcpt-timeout"])
    d = net.tcp(A, B, at=2).open().hello()
    d.talk("C MAIL FROM:<ann@example.org>\nS 421 4.3.0 closing down")
    d.close(S)
    true(d, "421", 0, ["service-shutdown", "transient-reject-unclassified"], forbid=["server-closed-mid-session", "client-abort-mail"])
    e = net.tcp(A, B, at=3).open()
    e.server("554 mx.example.com does not accept mail", ack=False)
    e.close(S)
    true(e, "554 greeting", 0, ["greeting-rejected"], forbid=["server-closed-mid-session", "client-abort-greeting"])
    well(net, 4, true=true, forbid=["server-closed-mid-session"])
    return net


@scene("closed-by-client.pcap", """The client's FIN while RCPT is unanswered, and inside a message. Near misses: FIN without QUIT after a
       refusal for good; FIN after QUIT; a hole in the capture where the end of the message may have been.""")
def closed_by_client(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>")
    c.end(C, dt=0.8).end(S).seg(C)
    true(c, "FIN from the client, RCPT unanswered", 0, ["client-abort-rcpt"], points=["client"],
         forbid=["rcpt-timeout", "server-closed-mid-session", "data-aborted"])
    d = net.tcp(A, B, at=3).open().hello()
    d.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    d.client(content(4000))
    d.end(C, dt=0.5).end(S).seg(C)
    true(d, "FIN inside the message", 0, ["client-abort-data", "data-aborted"], also=["data-aborted"], points=["client"],
         forbid=["duplicate-delivery-risk", "server-closed-mid-session", "sender-stall"])
    e = net.tcp(A, B, at=5).open().hello()
    e.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<nobody@example.com>\nS 550 5.1.1 <nobody@example.com>: user unknown")
    e.close(C)
    true(e, "550, then FIN without QUIT", 0, ["user-unknown", "permanent-reject-unclassified"], forbid=["client-abort-rcpt", "client-abort-idle"])
    f = net.tcp(A, B, at=7).open().hello()
    f.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    f.client(content(3000))
    f.client(b".\r\nQUIT\r\n", unseen=True)
    f.end(C).end(S).seg(C)
    true(f, "the end of the message is missing from the capture", 0, also=["capture-gap"], allow=["capture-gap"],
         forbid=["data-aborted"])
    well(net, 9, true=true, forbid=["client-abort-quit", "client-abort-idle"])
    return net


@scene("bdat-aborted.pcap", "The client announces a chunk of 5000 octets and ends after 3000.")
def bdat_aborted(true):
    net = Net()
    c = net.tcp(A, B).open().hello(keywords=("CHUNKING",))
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok")
    c.client(b"BDAT 5000 LAST\r\n" + content(3000))
    c.end(C, dt=0.5).end(S).seg(C)
    true(c, "the chunk was never completed", 0, ["client-abort-data", "data-aborted"], also=["data-aborted"], points=["client"],
         forbid=["duplicate-delivery-risk"])
    return net


@scene("bad-sequence.pcap", """RCPT before MAIL, refused with 503; MAIL inside a transaction, accepted; 503 to a legal RCPT. Near misses: the
       503s that follow a refused MAIL in a pipelined group; RSET, NOOP, VRFY anywhere; a second EHLO.""")
def bad_sequence(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C RCPT TO:<bob@example.com>\nS 503 5.5.1 Error: need MAIL command\nC QUIT\nS 221 bye")
    true(c.close(), "RCPT before MAIL", 0, ["bad-sequence-503", "bad-sequence-client"], also=["bad-sequence-503"], points=["client"],
         forbid=["bad-sequence-disputed"])
    d = net.tcp(A, B, at=1).open().hello()
    d.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC MAIL FROM:<ann@example.org>\nS 250 ok")
    d.talk("C RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go\nC hello\n.\nS 250 2.0.0 queued as NEST1")
    true(d.quit().close(), "delivered; MAIL was sent twice", 1, also=["bad-sequence-client"], forbid=["bad-sequence-503", "bad-sequence-disputed"])
    e = net.tcp(A, B, at=2).open().hello()
    e.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 503 5.5.1 Error: need MAIL command\nC QUIT\nS 221 bye")
    true(e.close(), "503 to a legal RCPT", 0, ["bad-sequence-disputed"], points=["server", "middlebox"], forbid=["bad-sequence-client"])
    f = net.tcp(A, B, at=3).open().hello()
    f.talk("C MAIL FROM:<ann@example.invalid>\nRCPT TO:<bob@example.com>\nDATA")
    f.talk("S 550 5.1.8 <ann@example.invalid>: sender address rejected: domain not found\n503 5.5.1 need MAIL\n503 5.5.1 need RCPT")
    true(f.quit().close(), "MAIL refused, its group answered 503", 0, ["sender-domain-unresolvable", "sender-rejected", "sender-domain-invalid", "policy-reject",
          "permanent-reject-unclassified"],
         forbid=["bad-sequence-client", "bad-sequence-disputed"])
    g = net.tcp(A, B, at=4).open().hello()
    g.talk("C NOOP\nS 250 ok\nC RSET\nS 250 ok\nC VRFY bob\nS 252 maybe\nC EHLO client.example.org\nS 250-mx.example.com\n250 PIPELINING")
    true(g.mail().quit().close(), "delivered", 1, forbid=["bad-sequence-client", "bad-sequence-503"])
    return net


@scene("bad-sequence-gap.pcap", """Near miss of bad-sequence-client: MAIL and its reply fell into a hole of the capture; the RCPT behind it is legal.""",
       expect=["capture-gap"])
def bad_sequence_gap(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.client("MAIL FROM:<ann@example.org>", unseen=True, ack=False)
    c.server("250 ok", unseen=True, ack=False)
    c.talk("C RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go\nC hello\n.\nS 250 2.0.0 queued as GAP01")
    true(c.quit().close(), "delivered", 1, allow=["capture-gap"], forbid=["bad-sequence-client", "bad-sequence-disputed", "reply-unsolicited"])
    return net


@scene("greeting-rejected.pcap", "Greetings of 554, 421 (with FIN) and a multi-line 521. Near miss: a multi-line 220.")
def greeting_rejected(true):
    net = Net()
    c = net.tcp(A, B).open()
    c.talk("S 554 mx.example.com: no service for you\nC QUIT\nS 221 bye")
    true(c.close(), "554 greeting", 0, ["greeting-rejected"], points=["policy", "server"], forbid=["client-abort-greeting", "server-closed-mid-session", "bad-sequence-client"])
    d = net.tcp(A, B, at=1).open()
    d.talk("S 421 mx.example.com: try again later")
    true(d.close(), "421 greeting", 0, ["greeting-rejected", "service-shutdown"], forbid=["server-closed-mid-session", "server-idle-timeout"])
    e = net.tcp(A, B, at=2).open()
    e.talk("S 521-mx.example.com does not accept mail\n521 see https://www.example.com/\nC QUIT\nS 221 bye")
    true(e.close(), "521 greeting", 0, ["greeting-rejected", "destination-null-mx", "host-accepts-no-mail"], forbid=["client-abort-greeting", "bad-sequence-client"])
    f = net.tcp(A, B, at=3).open()
    f.hello("220-mx.example.com ESMTP\n220-no spam please\n220 ready")
    true(f.mail().quit().close(), "delivered", 1, forbid=["greeting-rejected"])
    return net


@scene("early-talker.pcap", """Seen at the server: EHLO before the greeting, acknowledged before it. Near misses: the client waits; a client that
       knows PIPECONNECT from this server; a QUIT after a greeting that never came.""", vantage="server")
def early_talker(true):
    net = Net()
    c = net.tcp(A, B, near=S, dport=25).open()
    c.client("EHLO client.example.org", dt=0.01)
    c.server("220 mx.example.com ESMTP", dt=1.0, ack=False)
    c.server("250-mx.example.com\n250 PIPELINING", ack=False)
    true(c.mail().quit().close(), "delivered; the client spoke first", 1, also=["early-talker"], forbid=["early-talker-rejected", "bad-sequence-client"])
    d = net.tcp("192.0.2.11", B, near=S, at=3).open().hello(keywords=("PIPELINING", "PIPECONNECT"))
    true(d.mail().quit().close(), "delivered", 1, forbid=["early-talker"])
    e = net.tcp("192.0.2.12", "198.51.100.26", near=S, at=5).open().hello(keywords=("PIPELINING", "PIPECONNECT"))
    true(e.mail().quit().close(), "delivered", 1, forbid=["early-talker"])
    f = net.tcp("192.0.2.12", "198.51.100.26", near=S, at=7).open()
    f.client("EHLO client.example.org\nMAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.com>\nDATA", dt=0.01)
    f.server("220 mx.example.com ESMTP\n250-mx.example.com\n250-PIPELINING\n250 PIPECONNECT\n250 ok\n250 ok\n354 go", dt=0.3, ack=False)
    f.client(content(400) + b".\r\n", ack=False)
    f.talk("S 250 2.0.0 queued as PIPE1")
    true(f.quit().close(), "delivered by PIPECONNECT", 1, forbid=["early-talker", "early-talker-rejected", "bad-sequence-client"])
    for n, server in enumerate(("198.51.100.26", "198.51.100.28")):
        h = net.tcp("192.0.2.12", server, near=S, at=20 + n).open()
        h.client("EHLO client.example.org\nMAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.com>\nDATA", dt=0.01)
        h.server("421 4.3.2 mx.example.com: too busy", dt=0.3, ack=False)
        true(h.close(S), "421; this server offered PIPECONNECT before" if n == 0 else "421; nobody offered PIPECONNECT", 0,
             ["greeting-rejected", "service-shutdown", "server-overloaded", "server-not-accepting"] if n == 0 else
             ["greeting-rejected", "service-shutdown", "server-overloaded", "server-not-accepting", "early-talker-rejected"],
             also=["early-talker"] if n else [], forbid=[] if n else ["early-talker", "early-talker-rejected", "pipelining-not-offered"])
    g = net.tcp("192.0.2.13", "198.51.100.27", near=S, at=8).open()
    g.client("QUIT", dt=40.0)
    g.end(C, dt=0.001).end(S).seg(C)
    true(g, "no greeting for 40 s, then QUIT", 0, ["greeting-timeout"], points=["server"], forbid=["early-talker", "client-abort-greeting", "bad-sequence-client"])
    return net


