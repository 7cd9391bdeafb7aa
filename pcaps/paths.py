"""paths - what TCP alone tells: packets too large, lost one way or now and then, connections forgotten or never accepted.

A scene holds the fault and its near misses, each different in the one thing that decides.
"""
from craft import ACK, C, FIN, PSH, RST, S, Net, content, tcp_options
from scene import scene

A, B = "192.0.2.10", "198.51.100.25"
A6, B6 = "2001:db8:1::10", "2001:db8:2::25"
ROUTER, ROUTER6 = "203.0.113.1", "2001:db8:3::1"
TO_DATA = "C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go"
PATH = ["pmtu-black-hole", "pmtu-ignored", "one-way-loss", "retransmission-exhausted", "state-lost-after-idle", "loss-heavy"]


def but(*kept):
    return [rule for rule in PATH if rule not in kept]


def sacks(c, *ranges, of=C):
    """The option that reports these stream positions of one side."""
    return tcp_options(sacks=[((c.isn[of] + 1 + a) & 0xFFFFFFFF, (c.isn[of] + 1 + b) & 0xFFFFFFFF) for a, b in ranges])


def again(c, data, at, *pauses, side=C):
    for pause in pauses:
        c.seg(side, data, ACK | PSH, dt=pause, seq=at, stay=True)
    return c


def begun(net, at, server=B, client=A, **more):
    return net.tcp(client, server, at=at, **more).open().hello().talk(TO_DATA)


def stuck(c, body, size=1460, behind=300):
    """The first segment of the content is lost; one of `behind` octets follows it and arrives. Position of the first."""
    at = c.next[C]
    c.seg(C, body[:size], lost=True)
    if behind:
        c.seg(C, body[size:size + behind], ACK | PSH, lost=True)
        c.seg(S, options=sacks(c, (at + size, at + size + behind)))
    return at


def late_421(c):
    c.server("421 4.4.2 mx.example.com Error: timeout exceeded", dt=60.0, ack=False)
    return c.reset(C, dt=0.1)


@scene("path-too-large.pcap", """The first full-size segment of a message is sent five times in vain: with a smaller one behind it that the server
       reports (proof), and with nothing behind it. Near misses: what the server reports is full-size, too; the segment is small; it passes
       at last. And one that passes in smaller pieces; and one that the client gives up after four minutes.""")
def too_large(true):
    net = Net()
    body = content(4000)
    pauses = (0.3, 0.6, 1.2, 2.4, 4.8)

    c = begun(net, 0)
    again(c, body[:1460], stuck(c, body), *pauses)
    true(late_421(c), "full-size vanishes, a smaller one behind it arrives", 0, ["pmtu-black-hole"], points=["network"], forbid=but("pmtu-black-hole"))
    c = begun(net, 2)
    again(c, body[:1460], stuck(c, body, behind=0), *pauses)
    true(late_421(c), "full-size vanishes, nothing else was tried", 0, ["pmtu-black-hole"], points=["network"], forbid=but("pmtu-black-hole"))
    c = begun(net, 4)
    again(c, body[:1460], stuck(c, body, behind=1460), *pauses)
    true(late_421(c), "one segment vanishes, one as large behind it arrives", 0, ["one-way-loss"], points=["network"], forbid=but("one-way-loss"))
    c = begun(net, 6)
    again(c, body[:400], stuck(c, body, size=400, behind=0), *pauses)
    true(late_421(c), "a small segment vanishes, the server is heard", 0, ["one-way-loss"], points=["network"], forbid=but("one-way-loss"))

    c = begun(net, 8)
    at = stuck(c, body, behind=0)
    again(c, body[:1460], at, 0.5, 1.0, 2.5)
    c.next[C] = c.has[S] = at
    c.client(body, size=1000, dt=5.0)
    c.client(b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as PIECES1")
    true(c.quit().close(), "delivered in pieces of 1000", 1, also=["pmtu-black-hole"], forbid=but("pmtu-black-hole"))
    c = begun(net, 10)
    at = stuck(c, body, behind=0)
    again(c, body[:1460], at, 0.5, 1.0, 2.5)
    c.seg(C, body[:1460], dt=5.0, seq=at)
    c.seg(S)
    c.client(body[1460:])
    c.client(b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as WHOLE1")
    true(c.quit().close(), "delivered, the fifth time full-size", 1, forbid=PATH)
    c = begun(net, 12)
    c.client(body[:300], ack=False)
    c.win[S] = 0
    at = c.next[C]
    c.seg(C, body[300:1760], lost=True)
    c.seg(S)
    again(c, body[300:1760], at, *pauses)
    c.seg(S)
    true(late_421(c), "the same into a closed window", 0, ["zero-window-stall-server"], points=["server"],
         forbid=PATH)
    c = begun(net, 14)
    again(c, body[:1460], stuck(c, body), *pauses, 9.6, 19.2, 38.4, 76.8, 60.0)
    true(c.reset(C, dt=40.0), "full-size vanishes; longer than the 180 s after which nothing moving is a finding of its own", 0, ["pmtu-black-hole"],
         also=["data-block-timeout"], points=["network"], forbid=but("pmtu-black-hole"))
    return net


@scene("path-too-large-at-server.pcap", """Seen at the server: the full-size part of a message never arrives, its short end does. Near miss: what
       is missing arrives after five seconds.""", vantage="server")
def too_large_at_server(true):
    net = Net()
    body = content(3220)
    for late in (False, True):
        c = net.tcp(A, B, at=late * 3, near=S).open().hello().talk(TO_DATA)
        at = c.next[C]
        c.seg(C, body[:2920], unseen=True, lost=True)
        c.seg(C, body[2920:] + b".\r\n", ACK | PSH, lost=True)
        c.seg(S, options=sacks(c, (at + 2920, at + 2920 + 303)))
        if late:
            c.has[S] = at
            c.seg(C, body[:1460], seq=at, dt=5.0)
            c.seg(C, body[1460:2920], seq=at + 1460)
            c.has[S] = c.next[C]
            c.server("250 2.0.0 queued as LATE1", ack=False)
            true(c.quit().close(), "delivered late", 1, forbid=PATH)
        else:
            c.server("421 4.4.2 mx.example.com Error: timeout exceeded", dt=300.0, ack=False)
            c.close(S)
            true(c, "nothing full-size ever arrives", 0, ["pmtu-black-hole"], points=["network"], forbid=but("pmtu-black-hole"))
    return net


@scene("path-router-says.pcap", """A router says that packets of 1500 bytes do not fit: the client listens, or does not. Near misses of both, in
       both versions of IP: another ICMP error, smaller packets.""")
def router_says(true):
    net = Net()
    body = content(3000)
    for n, (client, server, router, kind, code) in enumerate(((A, B, ROUTER, 3, 4), (A6, B6, ROUTER6, 2, 0))):
        mss = 1460 if n == 0 else 1440
        c = net.tcp(client, server, at=n * 8, mss=mss).open().hello().talk(TO_DATA)
        at = c.next[C]
        c.seg(C, body[:mss], lost=True)
        c.icmp(router, kind, code, mtu=1400)
        c.next[C] = c.has[S] = at
        c.client(body, size=1300, dt=0.001)
        c.client(b".\r\n", ack=False)
        c.talk("S 250 2.0.0 queued as SMALL1")
        true(c.quit().close(), "delivered in smaller packets", 1, also=["icmp-frag-needed"], forbid=PATH)

        c = net.tcp(client, server, at=n * 8 + 2, mss=mss).open().hello().talk(TO_DATA)
        at = c.next[C]
        c.seg(C, body[:mss], lost=True)
        c.icmp(router, kind, code, mtu=1400)
        again(c, body[:mss], at, 0.3, 0.6, 1.2, 2.4, 4.8)
        true(late_421(c), "the client goes on with the same size", 0, ["pmtu-ignored"], also=["pmtu-black-hole", "icmp-frag-needed"],
             points=["client"], forbid=but("pmtu-black-hole", "pmtu-ignored"))
    c = begun(net, 20)
    at = c.next[C]
    c.seg(C, body[:1460], lost=True)
    c.icmp(ROUTER, 3, 4, mtu=1400)
    again(c, body[:1300], at, 0.3, 0.6, 1.2, 2.4, 4.8)
    true(late_421(c), "the client sends less, and still nothing arrives", 0, ["pmtu-black-hole"], points=["network"],
         also=["icmp-frag-needed"], forbid=["pmtu-ignored"])
    c = begun(net, 22)
    c.seg(C, body[:1460], lost=True)
    c.icmp(ROUTER, 3, 1)
    c.wait(30)
    true(c, "the host cannot be reached", 0, ["icmp-unreachable-mid-session"], forbid=["icmp-frag-needed", "pmtu-ignored"])
    return net


@scene("path-forgotten.pcap", """After 75 s of silence DATA is sent again and again and nothing comes back; and a RST with a number of its own
       comes back, while another connection of the two hosts comes up. Near misses: 50 s of silence; keep-alive probes in it; an answer at the
       third time; a RST that fits; no other connection with that server since, and a client that gives up there after four times.""")
def forgotten(true):
    net = Net()
    envelope = "C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok"
    pauses = (0.3, 0.6, 1.2, 2.4, 4.8, 9.6)
    for n, silence in enumerate((75.0, 50.0)):
        c = net.tcp(A, B, at=n).open().hello().talk(envelope)
        c.seg(C)
        at = c.next[C]
        c.seg(C, b"DATA\r\n", ACK | PSH, dt=silence, lost=True)
        again(c, b"DATA\r\n", at, *pauses)
        c.reset(C, dt=60.0)
        best = "retransmission-exhausted" if n else "state-lost-after-idle"
        true(c, f"silence of {silence:g} s, then nothing gets through", 0, [best], points=["network"] if n else ["middlebox"], forbid=but(best))
    c = net.tcp(A, B, at=3).open().hello().talk(envelope)
    c.seg(C)
    for _ in range(4):
        c.seg(C, dt=15.0, seq=c.next[C] - 1, stay=True)
        c.seg(S)
    at = c.next[C]
    c.seg(C, b"DATA\r\n", ACK | PSH, dt=15.0, lost=True)
    again(c, b"DATA\r\n", at, *pauses)
    c.reset(C, dt=60.0)
    true(c, "kept alive for 75 s, then nothing gets through", 0, ["retransmission-exhausted"], points=["network"], forbid=but("retransmission-exhausted"))
    c = net.tcp(A, B, at=4).open().hello().talk(envelope)
    c.seg(C)
    at = c.next[C]
    c.seg(C, b"DATA\r\n", ACK | PSH, dt=75.0, lost=True)
    again(c, b"DATA\r\n", at, 0.3, 0.6)
    c.has[S] = c.next[C]
    c.talk("S 354 go")
    c.client(content(500) + b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as AWAKE1")
    true(c.quit().close(), "delivered; the silence did no harm", 1, forbid=PATH)
    for n, fits in enumerate((False, True)):
        c = net.tcp(A, B, at=6 + n).open().hello().talk(envelope)
        c.seg(C)
        c.client("DATA", dt=75.0, ack=False)
        c.seg(S, flags=RST | ACK, win=0, seq=c.next[S] + (0 if fits else 20000), stay=True)
        if fits:
            true(c, "RST with the right number after 75 s", 0, ["tcp-reset-by-server-data-init"], points=["server"], forbid=PATH)
        else:
            true(c, "RST with a number of its own after 75 s", 0, ["state-lost-after-idle", "tcp-reset-by-server-data-init", "tcp-reset-injected"],
                 also=["state-lost-after-idle"], points=["middlebox", "server"], forbid=but("state-lost-after-idle"))
    c = net.tcp(A, B, at=85).open().hello().mail().quit().close()
    true(c, "delivered meanwhile", 1, forbid=PATH)
    for n, times in enumerate((6, 3)):
        c = net.tcp(A, f"198.51.100.{26 + n}", at=8 + n).open().hello().talk(envelope)
        c.seg(C)
        at = c.next[C]
        c.seg(C, b"DATA\r\n", ACK | PSH, dt=75.0, lost=True)
        again(c, b"DATA\r\n", at, *pauses[:times])
        c.reset(C, dt=60.0)
        true(c, f"silence of 75 s, then nothing gets through {times + 1} times; whether others get there is not known", 0, ["retransmission-exhausted"],
             points=["network"], forbid=but("retransmission-exhausted"))
    return net


@scene("path-loses.pcap", """A message of 60 kB of which four segments are lost and sent again. Near misses: two; four that the server had, and
       says so.""")
def loses(true):
    net = Net()
    body = content(60000)
    for n, (lost, doubled) in enumerate((((5, 15, 25, 35), False), ((5, 25), False), ((5, 15, 25, 35), True))):
        c = begun(net, n * 3)
        base, parts = c.next[C], [body[i:i + 1460] for i in range(0, len(body), 1460)]
        for i, part in enumerate(parts):
            at = base + i * 1460
            if i in lost and not doubled:
                c.seg(C, part, lost=True)
                c.has[S] = at
                c.seg(C, part, dt=0.3, seq=at)
                c.seg(S)
                continue
            c.seg(C, part, seq=at)
            c.has[S] = at + len(part)
            if i in lost:
                c.seg(S, lost=True)
                c.seg(C, part, dt=0.3, seq=at, stay=True)
                c.seg(S, options=sacks(c, (at, at + len(part))))
            else:
                c.seg(S)
        c.client(b".\r\n", ack=False)
        c.talk(f"S 250 2.0.0 queued as LOSS{n}")
        what = "four needless repetitions" if doubled else f"{len(lost)} of 42 segments lost"
        true(c.quit().close(), f"delivered; {what}", 1, also=[] if n else ["loss-heavy"], forbid=PATH if n else but("loss-heavy"))
    return net


@scene("path-options.pcap", """Selective acknowledgements of bytes never sent, and keep-alive probes into nothing: three each. Near misses: two;
       reports of bytes that came twice; probes that are answered.""")
def options(true):
    net = Net()
    for n, count in enumerate((3, 2)):
        c = begun(net, n * 2)
        for i in range(count):
            c.client(content(300), ack=False)
            far = 900000000 + i * 5000
            c.seg(S, options=sacks(c, (far, far + 1460)))
        c.client(b".\r\n", ack=False)
        c.talk("S 250 2.0.0 queued as SACK1")
        true(c.quit().close(), f"delivered; {count} strange reports", 1, also=[] if n else ["sack-out-of-range"], forbid=["sack-out-of-range"] if n else PATH)
    c = begun(net, 4)
    for i in range(4):
        at = c.next[C]
        c.client(content(300))
        c.seg(C, content(300), dt=0.3, seq=at, stay=True)
        c.seg(S, options=sacks(c, (at, at + 300)))
    c.client(b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as TWICE1")
    true(c.quit().close(), "delivered; bytes that came twice", 1, forbid=["sack-out-of-range", "loss-heavy"])
    for n, (probes, answered) in enumerate(((3, False), (2, False), (3, True))):
        c = net.tcp(A, f"198.51.100.{30 + n}", at=6 + n).open().hello().mail()
        c.seg(C)
        for _ in range(probes):
            c.seg(C, dt=75.0, seq=c.next[C] - 1, stay=True)
            if answered:
                c.seg(S)
        c.wait(80)
        true(c, f"{probes} probes, {'answered' if answered else 'no answer'}", 1, also=["keepalive-unanswered"] if n == 0 else [],
             forbid=["keepalive-unanswered"] if n else [])
    return net


@scene("listen-overflow.pcap", """Seen at the server: the handshake is acknowledged, the SYN-ACK comes again, nothing is ever acknowledged; and the same
       without the SYN-ACK. Near misses: the server acknowledges and only does not greet; the acknowledgement came after the second SYN-ACK.""",
       vantage="server")
def overflow(true):
    net = Net()
    c = net.tcp(A, B, near=S).open()
    for pause in (1.0, 2.0, 4.0):
        c.syn(S, dt=pause, stay=True)
        c.seg(C)
    c.end(C, dt=20.0, lost=True)
    for pause in (0.3, 0.6, 1.2, 2.4):
        c.seg(C, flags=FIN | ACK, dt=pause, seq=c.next[C], stay=True)
    true(c, "SYN-ACK repeated, FIN never acknowledged", 0, ["listen-overflow"], points=["server"], forbid=["connect-no-ack", "connect-timeout"])
    d = net.tcp(A, B, near=S, at=1).open()
    d.end(C, dt=30.0, lost=True)
    for pause in (0.3, 0.6, 1.2, 2.4):
        d.seg(C, flags=FIN | ACK, dt=pause, seq=d.next[C], stay=True)
    true(d, "FIN never acknowledged", 0, ["listen-overflow"], points=["server"], forbid=["connect-no-ack"])
    e = net.tcp(A, B, near=S, at=2).open()
    e.end(C, dt=30.0)
    e.seg(S)
    e.wait(10)
    true(e, "FIN acknowledged, no greeting", 0, ["greeting-timeout"], points=["server"], forbid=["listen-overflow"])
    f = net.tcp(A, B, near=S, at=3)
    f.syn(C)
    f.syn(S)
    f.syn(S, dt=1.0, stay=True)
    f.seg(C)
    f.hello().mail().quit().close()
    true(f, "delivered; the SYN-ACK was lost once", 1, forbid=["listen-overflow"])
    h = net.tcp(A, "198.51.100.26", near=S, at=1).open()
    h.end(C, dt=30.0, lost=True)
    for pause in (0.3, 0.6, 1.2, 2.4):
        h.seg(C, flags=FIN | ACK, dt=pause, seq=h.next[C], stay=True)
    true(h, "FIN never acknowledged, nothing else seen of this server", 0, ["greeting-timeout"], points=["server"], forbid=["listen-overflow", "connect-no-ack"])
    g = net.tcp(A, B, near=S, at=5).open()
    g.syn(S, dt=1.0, stay=True)
    g.seg(C)
    g.hello().mail().quit().close()
    true(g, "delivered; the acknowledgement was dropped once", 1, also=["listen-overflow"])
    return net


@scene("listen-overflow-from-far.pcap", """The same from the client's side: a repeated SYN-ACK there may mean that the acknowledgement was lost.""")
def overflow_from_far(true):
    net = Net()
    c = net.tcp(A, B).open()
    c.syn(S, dt=1.0, stay=True)
    c.seg(C)
    true(c.hello().mail().quit().close(), "delivered; the acknowledgement was lost on the way", 1, forbid=["listen-overflow"])
    return net


@scene("reset-forged.pcap", """Resets in the server's name inside a message. Forged: three with rising numbers at once; one that crossed fewer routers;
       another TTL and another kind of IP ID; the server goes on. Near misses, one sign only: IP ID 0; an initial TTL of 255 at the same distance;
       two with one number.""")
def reset_forged(true):
    net = Net()

    def upto(at):
        c = begun(net, at)
        c.client(content(1000))
        return c

    def told(c, what, forged):
        best = ["tcp-reset-injected"] if forged else ["tcp-reset-by-server-data"]
        true(c, what, 0, best, also=best, points=["middlebox"] if forged else ["server"], forbid=[] if forged else ["tcp-reset-injected"])

    c = upto(0)
    for n in range(3):
        c.seg(S, flags=RST, win=0, seq=c.next[S] + n * 1460, dt=0.001 if n else 0.4, ack=0, stay=True)
    told(c, "three numbers", True)
    c = upto(2)
    c.seg(S, flags=RST | ACK, win=0, ttl=62, dt=0.4, stay=True)
    told(c, "began two routers away, the server is seven away", True)
    c = upto(4)
    c.seg(S, flags=RST | ACK, win=0, ttl=50, ip_id=0, dt=0.4, stay=True)
    told(c, "another TTL, IP ID 0", True)
    c = upto(6)
    c.seg(S, flags=RST | ACK, win=0, dt=0.4, stay=True)
    c.server("421 4.3.2 still here", dt=0.1, ack=False)
    told(c, "the server goes on", True)
    c = upto(8)
    c.seg(S, flags=RST | ACK, win=0, ip_id=0, dt=0.4, stay=True)
    told(c, "IP ID 0", False)
    c = upto(10)
    c.seg(S, flags=RST | ACK, win=0, ttl=248, dt=0.4, stay=True)
    told(c, "initial TTL 255, as far away", False)
    c = upto(12)
    for n in range(2):
        c.seg(S, flags=RST, win=0, dt=0.001 if n else 0.4, ack=0, stay=True)
    told(c, "one number twice", False)
    return net


@scene("reset-doubtful.pcap", """A RST in the client's name that crossed one router more than all its other packets: nobody is accused. Near misses:
       the client's own TTL; a client whose TTL varies by so much; an initial TTL of 255 at the same distance; the same packets seen on both
       sides of a router.""", vantage="server")
def reset_doubtful(true):
    net = Net()
    cases = (("one router farther", 56, None, None, "unknown"), ("one router nearer", 58, None, None, "unknown"), ("the client's own", 57, None, None, "client"),
             ("the client's TTL varies", 56, 56, None, "client"), ("initial TTL 255, as far away", 248, None, None, "client"),
             ("captured on both sides of a router", 56, None, 1, "client"))
    for n, (what, ttl, other_ttl, twin, party) in enumerate(cases):
        c = net.tcp(A, B, at=n * 2, near=S).open().hello()
        c.client("MAIL FROM:<ann@example.org>", ack=False, ttl=other_ttl, twin=twin)
        c.talk("S 250 2.1.0 Ok")
        c.client("RCPT TO:<bob@example.com>", ack=False, twin=twin)
        c.seg(S)
        c.reset(C, dt=0.4, ttl=ttl)
        true(c, "RST in the client's name; " + what, 0, ["tcp-reset-by-client-rcpt"], points=[party], forbid=["tcp-reset-injected", "rcpt-timeout"])
    return net


@scene("closed-after-refusal.pcap", """550, and the server closes without waiting for QUIT. Near misses: after QUIT; after 421; the client closes first.""")
def closed_after_refusal(true):
    net = Net()
    refused = "C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<nobody@example.com>\nS 550 5.1.1 <nobody@example.com>: user unknown"
    c = net.tcp(A, B).open().hello().talk(refused)
    true(c.close(S), "550, then the server's FIN", 0, ["user-unknown"], also=["close-without-quit-by-server"], forbid=["server-closed-mid-session"])
    c = net.tcp(A, B, at=1).open().hello().talk(refused).quit()
    true(c.close(S), "550, QUIT, FIN", 0, ["user-unknown"], forbid=["close-without-quit-by-server"])
    c = net.tcp(A, B, at=2).open().hello().talk("C MAIL FROM:<ann@example.org>\nS 421 4.3.0 closing down")
    true(c.close(S), "421, then the server's FIN", 0, ["service-shutdown"], forbid=["close-without-quit-by-server"])
    c = net.tcp(A, B, at=3).open().hello().talk(refused)
    true(c.close(C), "550, then the client's FIN", 0, ["user-unknown"], forbid=["close-without-quit-by-server"])
    return net
