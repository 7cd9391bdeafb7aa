"""forms - the same healthy delivery in every wrapping: link types, files, and what TCP does on good days.

Nothing here is a fault: a finding of warning or worse is a false alarm.
"""
from craft import (ACK, C, FIN, LOOP, NULL, PSH, RAW, S, SLL, SLL2, SYN, Net, content, hidden, tcp_options, tls12)
from scene import scene

HEALTHY = "notice"
A, B = "192.0.2.10", "198.51.100.25"
A6, B6 = "2001:db8:1::10", "2001:db8:2::25"
ACCUSING = ("connect-timeout", "client-abort-data", "data-aborted", "data-final-timeout", "duplicate-delivery-risk",
            "bad-sequence-client", "server-closed-mid-session")


def delivery(c, size=600, **more):
    return c.open().hello().mail(size=size, **more).quit().close()


def wrapped(file, how, client=A, server=B, linktype=1, vlans=(), write=None, size=600, never=(), **more):
    @scene(file, how, severity=HEALTHY, never=never)
    def build(true):
        net = Net(linktype=linktype, vlans=vlans)
        true(delivery(net.tcp(client, server, **more), size), "delivered", 1, forbid=ACCUSING)
        return net, dict(write or {})


wrapped("link-null.pcap", "BSD loopback (NULL): the family in the capturing host's byte order.", linktype=NULL)
wrapped("link-loop.pcap", "OpenBSD loopback (LOOP) with IPv6: the family in network byte order.", A6, B6, linktype=LOOP)
wrapped("link-raw.pcap", "Raw IP, no link header.", linktype=RAW)
wrapped("link-sll.pcap", "Linux cooked capture.", linktype=SLL)
wrapped("link-sll-vlan.pcap", "Linux cooked capture, the VLAN tag behind the header.", linktype=SLL, vlans=((0x8100, 12),))
wrapped("link-sll2.pcap", "Linux cooked capture version 2, IPv6.", A6, B6, linktype=SLL2)
wrapped("link-vlan.pcap", "802.1Q.", vlans=((0x8100, 101),))
wrapped("link-qinq.pcap", "802.1ad with an inner 802.1Q tag, IPv6.", A6, B6, vlans=((0x88A8, 7), (0x8100, 101)))
wrapped("ip-options.pcap", "IPv4 with a record-route and a router-alert option.",
        ip_options=b"\x07\x0b\x04" + b"\0" * 8 + b"\x94\x04\0\0" + b"\0")
wrapped("ip6-extensions.pcap", "IPv6 with hop-by-hop and destination options before TCP.", A6, B6,
        headers=((0, b"\x05\x02\0\0\x01\0"), (60, b"\x01\x04\0\0\0\0")))
wrapped("file-big-endian.pcap", "Written on a big-endian host.", write={"order": ">"})
wrapped("file-nano.pcap", "Nanosecond timestamps.", write={"nano": True})
wrapped("file-nano-big-endian.pcap", "Nanoseconds, big-endian.", write={"nano": True, "order": ">"})
wrapped("file-big-endian.pcapng", "pcapng, big-endian, nanoseconds.", write={"nano": True, "order": ">"})
wrapped("file-no-drops.pcapng", "Near miss of capture-drops-reported: statistics that count no drop.", never=["capture-drops-reported"],
        write={"drops": [(40, 0, 0)], "comment": "a section comment"})
wrapped("tcp-timestamps.pcap", "Timestamps on every segment.", never=["capture-clock"], stamps=True)
wrapped("tcp-wrap.pcap", "Sequence numbers of both sides pass 2^32 inside the message.", size=20000,
        isn={C: 0xFFFFE000, S: 0xFFFFFFA0})


@scene("file-two-links.pcapng", "One pcapng with an Ethernet and a raw IP interface, a delivery on each.", severity=HEALTHY)
def two_links(true):
    net = Net()
    true(delivery(net.tcp(A, B)), "delivered over Ethernet", 1)
    first = len(net.seen)
    net.linktype = RAW
    true(delivery(net.tcp(A6, B6, at=0.01)), "delivered over the tunnel", 1)
    for p in net.seen[first:]:
        p.interface = 1
    return net, {"linktypes": (1, RAW)}


@scene("capture-drops.pcapng", "The capturing host says that it dropped packets.", expect=["capture-drops-reported"], severity="warning")
def drops(true):
    net = Net()
    true(delivery(net.tcp(A, B)), "delivered", 1, allow=["capture-drops-reported"])
    return net, {"drops": [(52, 9, 3)]}


@scene("capture-snapped.pcap", "Snap length 96: the long lines and the message are cut, the dialogue is not invented.",
       severity="warning", expect=["capture-truncated"])
def snapped(true):
    net = Net()
    c = delivery(net.tcp(A, B, mss=536), 1800)
    true(c, "delivered; most of the message cut", None, allow=["capture-truncated", "capture-gap"],
         forbid=("data-aborted", "bad-sequence-client", "data-final-timeout", "client-abort-data"))
    return net, {"snaplen": 96}


@scene("capture-padding.pcap", "Near miss of capture-truncated: only the padding of short frames is cut.", severity=HEALTHY)
def padding(true):
    net = Net()
    true(delivery(net.tcp(A, B)), "delivered", 1, forbid=["capture-truncated"])
    for p in net.seen:
        if len(p.data) == 60 and p.data[16:18] < b"\0\x2e":
            p.data = p.data[:14 + int.from_bytes(p.data[16:18], "big")]
    return net


@scene("tcp-offload.pcap", "Offloading at the client: segments above the MSS, wrong checksums and total length 0 on what it sends.",
       severity=HEALTHY, expect=["capture-offload"])
def offload(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    c.client(content(30000), size=14480, bad_sum=True)
    c.client(content(2000), size=14480, bad_sum=True, zero_len=True)
    c.client(b".\r\n", bad_sum=True, ack=False)
    c.server("250 2.0.0 Ok: queued as OFFL1", ack=False)
    c.quit().close()
    true(c, "delivered", 1, forbid=["capture-gap", "capture-truncated", "loss-heavy"])
    return net


@scene("tcp-retransmit.pcap", "Segments lost behind the capture point and sent again; also near miss of capture-duplicates.",
       severity=HEALTHY)
def retransmit(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok")
    c.client("RCPT TO:<bob@example.com>", ack=False, lost=True)
    c.client("RCPT TO:<bob@example.com>", ack=False, dt=0.22, seq=c.next[C] - 27)
    c.talk("S 250 ok\nC DATA\nS 354 go")
    body = content(5000) + b".\r\n"
    base = c.next[C]
    c.seg(C, body[:1460])
    c.seg(C, body[1460:2920], lost=True)
    c.seg(C, body[2920:4380])
    for _ in range(2):
        c.seg(S, ack=base + 1460)
    c.seg(C, body[1460:2920], dt=0.01, seq=base + 1460)
    c.has[S] = base + 4380
    c.seg(S)
    c.seg(C, body[4380:], ACK | PSH)
    c.talk("S 250 2.0.0 queued as RETR1")
    true(c.quit().close(), "delivered", 1, forbid=["capture-duplicates", "capture-gap", "one-way-loss"])
    return net


@scene("tcp-reorder.pcap", "Segments overtake each other, a FIN overtakes the last reply: near miss of capture-gap.", severity=HEALTHY)
def reorder(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    body, base = content(6000) + b".\r\n", c.next[C]
    for at in (1460, 0, 4380, 2920, 5840):
        c.seg(C, body[at:at + 1460], seq=base + at)
    c.has[S] = base + len(body)
    c.talk("S 250 2.0.0 queued as ORDER1\nC QUIT")
    bye, at = b"221 2.0.0 Bye\r\n", c.next[S]
    c.seg(S, flags=ACK | FIN, seq=at + len(bye))
    c.seg(S, bye, ACK | PSH, seq=at, stay=True)
    c.next[S], c.has[C], c.got_fin[C] = at + len(bye), at + len(bye), True
    c.end(C).seg(S)
    true(c, "delivered", 1, forbid=["capture-gap", "client-abort-quit", "server-closed-mid-session"])
    return net


@scene("tcp-overlap.pcap", "Overlapping copies whose bytes differ, before and after the first was read: the first is what counts.", severity=HEALTHY)
def overlap(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok")
    at = c.next[C]
    c.seg(C, b"bob@example.com>\r\n", ACK | PSH, seq=at + 9)
    c.seg(C, b"XXX@example.com>\r\n", ACK | PSH, seq=at + 9, dt=0.001)
    c.seg(C, b"RCPT TO:<", ACK, seq=at, dt=0.001)
    c.has[S] = c.next[C] = at + 27
    c.talk("S 250 ok\nC DATA")
    c.seg(C, b"RSET\r\n", ACK | PSH, seq=c.next[C] - 6, dt=0.001, stay=True)
    c.talk("S 354 go")
    c.client(content(300) + b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as OVER1")
    true(c.quit().close(), "delivered to bob", 1)
    return net


@scene("tcp-keepalive.pcap", "Two minutes of idleness with keep-alive probes before the next mail.", severity=HEALTHY)
def keepalive(true):
    net = Net()
    c = net.tcp(A, B).open().hello().mail()
    c.seg(C)
    for _ in range(2):
        c.seg(C, b"\0", seq=c.next[C] - 1, dt=60.0, stay=True)
        c.seg(S)
    c.mail(queue="5ABC")
    true(c.quit().close(), "two mails delivered", 2, forbid=["loss-heavy", "keepalive-unanswered"])
    return net


@scene("tcp-zero-window-short.pcap", "The server's window is closed for three seconds, probed, and opens again.", severity=HEALTHY)
def window(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    body = content(4000) + b".\r\n"
    c.client(body[:1460], ack=False)
    c.seg(S, win=0)
    for pause in (0.3, 0.6, 1.2):
        c.seg(C, dt=pause, seq=c.next[C] - 1, stay=True)
        c.seg(S, win=0)
    c.seg(S, dt=0.9)
    c.client(body[1460:], ack=False)
    c.talk("S 250 2.0.0 queued as WIND1")
    true(c.quit().close(), "delivered", 1, forbid=["zero-window-stall-server", "data-block-timeout"])
    return net


@scene("tcp-mirror.pcap", "A mirror port shows every packet twice, the second with a TTL one lower.", vantage="middle",
       severity=HEALTHY, expect=["capture-duplicates"])
def mirror(true):
    net = Net()
    c = net.tcp(A, B)
    plain = c.seg
    c.seg = lambda *a, **k: plain(*a, **dict(k, twin=1))
    true(delivery(c, 4000), "delivered", 1, forbid=["loss-heavy", "one-way-loss", "connect-slow"])
    return net


@scene("tcp-any.pcap", "Captured on all interfaces of a router: exact copies.", vantage="middle", severity=HEALTHY,
       expect=["capture-duplicates"])
def any_interface(true):
    net = Net(linktype=SLL2)
    c = net.tcp(A, B)
    plain = c.seg
    c.seg = lambda *a, **k: plain(*a, **dict(k, twin=0))
    true(delivery(c, 4000), "delivered", 1, forbid=["loss-heavy", "connect-slow"])
    return net


@scene("tcp-data-on-syn.pcap", "TCP Fast Open: the client's first command lies on its SYN; near miss of capture-midstream.", severity=HEALTHY)
def data_on_syn(true):
    net = Net()
    c = net.tcp(A, B, dport=2525)
    c.seg(C, flags=SYN, options=tcp_options(mss=1460, sack_ok=True, scale=7) + b"\x22\x0a" + b"COOKIE12" + b"\1\1", win=64240)
    c.syn(S)
    c.seg(C)
    c.talk("S 220 mx.example.com ESMTP")
    c.talk("C EHLO client.example.org\nS 250 mx.example.com")
    true(c.mail().quit().close(), "delivered", 1, forbid=["capture-midstream"])
    d = net.tcp(A, "198.51.100.26", at=3)
    hello = b"EHLO client.example.org\r\n"
    d.seg(C, hello, SYN, options=tcp_options(mss=1460) + b"\x22\x0a" + b"COOKIE12" + b"\1\1", win=64240)
    d.next[C] = d.has[S] = len(hello)
    d.seg(S, flags=SYN | ACK, options=tcp_options(mss=1460), win=64240)
    d.seg(C)
    d.talk("S 220-mx2.example.com ESMTP\n220 ready")
    d.talk("S 250-mx2.example.com\n250 PIPECONNECT")
    true(d.mail().quit().close(), "delivered", 1, allow=["early-talker"], forbid=["capture-midstream", "capture-gap"])
    return net


@scene("tcp-odd-port.pcap", "On port 2526, known by what is said; the first SYN had to be sent again.", severity=HEALTHY)
def odd_port(true):
    net = Net()
    c = net.tcp(A, B, dport=2526)
    c.syn(C)
    c.syn(C, dt=1.0, stay=True)
    c.syn(S)
    c.seg(C)
    true(c.hello().mail().quit().close(), "delivered", 1, forbid=["early-talker", "greeting-timeout"])
    return net


@scene("tcp-simultaneous.pcap", "Both hosts open at once: two SYNs cross, both are answered.", severity=HEALTHY)
def simultaneous(true):
    net = Net()
    c = net.tcp(A, B, sport=2525)
    o = tcp_options(mss=1460)
    c.seg(C, flags=SYN, options=o, win=64240)
    c.seg(S, flags=SYN, options=o, win=64240, dt=0.004)
    c.seg(C, flags=SYN | ACK, options=o, win=64240)
    c.seg(S, flags=SYN | ACK, options=o, win=64240)
    c.seg(C)
    true(c.hello().mail().quit().close(), "delivered", 1, forbid=["connect-slow"])
    return net


@scene("tcp-port-reuse.pcap", "The same ports three times within seconds, once after a reset: three sessions.", severity=HEALTHY)
def reuse(true):
    net = Net()
    for n, at in enumerate((0, 2.0, 3.5)):
        c = net.tcp(A, B, sport=40500, at=at, isn={C: 1000 + n * 0x20000000, S: 77 + n * 0x10000000})
        c.open().hello().mail(queue=f"REUSE{n}").quit()
        if n == 1:
            c.end(S).reset(C)
        else:
            c.close()
        true(c, "delivered", 1)
    return net


@scene("tcp-half-close.pcap", "The client sends QUIT and FIN together behind the last dot; the replies come all the same.", severity=HEALTHY)
def half_close(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    c.seg(C, content(500) + b".\r\nQUIT\r\n", ACK | PSH | FIN)
    c.talk("S 250 2.0.0 queued as HALF1\n221 2.0.0 Bye")
    c.end(S).seg(C)
    true(c, "delivered", 1, forbid=["client-abort-eod", "duplicate-delivery-risk"])
    return net


@scene("capture-midway.pcap", "The capture began after the EHLO; the delivery went well.", severity=HEALTHY, expect=["capture-midstream"])
def midway(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    del net.seen[:]
    true(c.mail().quit().close(), "delivered", 1, also=["capture-midstream"],
         forbid=["bad-sequence-client", "reply-unsolicited", "greeting-timeout", "early-talker"])
    d = net.tcp(A6, B6, at=1)
    d.open().hello()
    d.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    kept = [p for p in net.seen if p.time_ns < net.start_ns + 10**9]
    net.seen[:] = kept
    d.client(content(3000), size=1000)
    d.client(b".\r\n", ack=False)
    d.talk("S 250 2.0.0 Ok: queued as MIDW2")
    true(d.quit().close(), "delivered; the capture began inside the message", None, also=["capture-midstream"],
         forbid=["bad-sequence-client", "reply-unsolicited", "greeting-timeout", "bad-sequence-503"])
    return net


@scene("capture-hole.pcap", "Two segments of the message and one reply are missing from the capture, nothing from the network.",
       expect=["capture-gap"])
def hole(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    body = content(8000) + b".\r\n"
    c.client(body[:1460])
    c.client(body[1460:4380], unseen=True)
    c.client(body[4380:], ack=False)
    c.talk("S 250 2.0.0 Ok: queued as HOLE1")
    true(c.quit().close(), "delivered", 1, also=["capture-gap"], allow=["capture-gap"],
         forbid=["data-aborted", "bad-sequence-client", "loss-heavy"])
    d = net.tcp(A, B, at=5).open().hello()
    d.mail(final="")
    d.server("250 2.0.0 Ok: queued as HOLE2", unseen=True)
    true(d.quit().close(), "delivered, but the final reply is missing from the capture", 0, also=["capture-gap"],
         allow=["capture-gap"], forbid=["data-final-timeout", "duplicate-delivery-risk", "reply-unsolicited",
                                        "server-closed-mid-session", "client-abort-eod", "client-abort-quit"])
    return net


@scene("capture-one-side.pcap", "Only the client's packets were captured.", expect=["capture-one-direction"])
def one_side(true):
    net = Net()
    c = net.tcp(A, B)
    plain = c.seg
    c.seg = lambda side, *a, **k: plain(side, *a, **dict(k, unseen=side == S))
    delivery(c, 20000)
    true(c, "delivered, server direction not captured", 0, also=["capture-one-direction"],
         allow=["capture-one-direction", "capture-gap"],
         forbid=["connect-timeout", "greeting-timeout", "ehlo-timeout", "mail-timeout", "data-final-timeout", "early-talker",
                 "duplicate-delivery-risk", "bad-sequence-client", "client-abort-data", "client-abort-quit"])
    return net


@scene("capture-clock-back.pcap", "The clock of the capturing host is set back 2 s inside a session.", expect=["capture-clock"],
       severity=HEALTHY)
def clock(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    back = len(net.seen)
    true(c.mail().quit().close(), "delivered", 1)
    for p in net.seen[back:]:
        p.time_ns -= 2 * 10**9
    return net, {"as_put": True}


@scene("capture-clock-forward.pcap", "The clock of the capturing host is set forward 300 s between a command and its reply; both "
       "hosts' timestamps show that hardly any time went by. In a second session the client pauses for 300 s; in a third its "
       "machine sleeps so long.", severity=HEALTHY)
def clock_forward(true):
    net = Net()
    c = net.tcp(A, B, stamps=True).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>")
    forward = len(net.seen)
    c.talk("S 250 ok\nC DATA\nS 354 go")
    c.client(content(3000) + b".\r\n")
    c.talk("S 250 2.0.0 queued as 4F2a").quit().close()
    true(c, "delivered", 1, also=["capture-clock"])
    for p in net.seen[forward:]:
        p.time_ns += 300 * 10**9
    d = net.tcp(A, "203.0.113.25", at=400, stamps=True).open().hello()
    d.t += 300
    true(d.mail().quit().close(), "delivered after a pause", 1, forbid=["capture-clock"])
    e = net.tcp(A, "203.0.113.26", at=400, stamps=True).open().hello()
    e.t += 300
    e.asleep[C] = 300
    true(e.mail().quit().close(), "delivered after the client's machine slept", 1, forbid=["capture-clock"])
    return net


@scene("capture-clock-leap.pcap", "The clock of the capturing host is set forward 5000 s, longer than any connection is kept in silence, while one "
       "session waits for a reply and another is between two commands.", severity=HEALTHY)
def clock_leap(true):
    net = Net()
    c = net.tcp(A, B, stamps=True).open().hello()
    d = net.tcp(A, B, at=0.01, stamps=True).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>")
    forward = max(p.time_ns for p in net.seen)
    d.t = c.t + 0.3
    c.talk("S 250 ok\nC DATA\nS 354 go")
    c.client(content(3000) + b".\r\n")
    c.talk("S 250 2.0.0 queued as 4F2a").quit().close()
    true(c, "delivered", 1, also=["capture-clock"])
    true(d.mail().quit().close(), "delivered", 1, also=["capture-clock"])
    for p in net.seen:
        p.time_ns += 5000 * 10**9 if p.time_ns > forward else 0
    return net


@scene("capture-silence.pcap", "Near misses of capture-clock: nothing is captured for 5000 s, in which a session is silent, by its hosts' clocks, too; and a "
       "capture of earlier joined behind it.", severity=HEALTHY, never=["tcp-reset-injected"])
def silence(true):
    net = Net()
    c = net.tcp(A, B, stamps=True).open().hello()
    c.t += 5000
    true(c.mail().quit().close(), "delivered after 5000 s", 1, forbid=["capture-clock"])
    d = net.tcp(A, "203.0.113.25", at=2500, stamps=True).open().hello()
    true(d.mail().quit().close(), "delivered; captured before, joined behind", 1)
    return net, {"as_put": True}


@scene("smuggling.pcap", "A second message behind LF . CRLF in the content of the first, which the server takes for an end. Begun "
       "inside the content nobody can say how many messages the client framed.", expect=["smuggling-accepted"])
def smuggling(true):
    net = Net()
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    hidden = b"\n.\r\nMAIL FROM:<chief@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n"
    c.client(content(600)[:-2] + hidden + content(300, sender="chief@example.com") + b".\r\n")
    c.talk("S 250 queued as 4ABC12D3E4\nS 250 ok\nS 250 ok\nS 354 go\nS 250 queued as 4ABC12D3E5").quit().close()
    true(c, "one message framed, two accepted", 1, primary=["smuggling-accepted", "smuggling-attempt"],
         also=["smuggling-accepted", "smuggling-attempt", "smuggling-sequence"], points=["server", "client"])
    return net


@scene("capture-ends-open.pcap", "The capture ends 20 s after the final dot, and inside a message; a third session is whole.",
       expect=["capture-ends-open"], severity=HEALTHY)
def ends_open(true):
    net = Net()
    c = net.tcp(A, B).open().hello().mail(final="")
    true(c, "waiting for the server for 20 s when the capture ended", 0, also=["capture-ends-open"],
         forbid=["data-final-timeout", "duplicate-delivery-risk", "client-timeout-too-short"])
    d = net.tcp(A, "203.0.113.25", at=19).open().hello()
    d.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go")
    d.client(content(3000))
    true(d, "inside the message when the capture ended", 0, also=["capture-ends-open"],
         forbid=["data-aborted", "client-abort-data", "sender-stall"])
    true(delivery(net.tcp(A, "203.0.113.26", at=20)), "delivered", 1, forbid=["capture-ends-open"])
    return net


@scene("tls-healthy.pcap", "STARTTLS on 25 and 587, TLS from the first byte on 465; what is inside is hidden.", severity=HEALTHY)
def tls(true):
    net = Net()
    for n, port in enumerate((25, 587)):
        c = net.tcp(A, B, dport=port, at=n).open().hello(keywords=("PIPELINING", "STARTTLS"))
        c.talk("C STARTTLS\nS 220 2.0.0 Ready to start TLS")
        hide(c, n * 100)
        true(c, "delivered inside TLS", 0, forbid=["tls-no-serverhello", "starttls-then-plaintext"])
    c = net.tcp(A, B, dport=465, at=3).open()
    hide(c, 300)
    true(c, "delivered inside TLS", 0, forbid=["early-talker", "greeting-timeout", "implicit-tls-deadlock", "tls-to-plaintext-port"])
    return net


def hide(c, seed):
    tls12(c, seed=seed + 1)
    for n, (ask, answer) in enumerate(((58, 160), (61, 48), (59, 48), (35, 66), (900, 70), (35, 44))):
        hidden(c, C, ask, seed + 10 + n)
        hidden(c, S, answer, seed + 30 + n)
    c.close(S)


@scene("bdat-healthy.pcap", "BDAT in two chunks, then BDAT LAST with the next mail's envelope behind it.", severity=HEALTHY)
def bdat(true):
    net = Net()
    c = net.tcp(A, B).open().hello(keywords=("PIPELINING", "CHUNKING"))
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok")
    part = content(2000)
    c.client(b"BDAT 2000\r\n" + part, ack=False)
    c.talk("S 250 2000 octets received")
    c.client(b"BDAT 2000 LAST\r\n" + part + b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<carol@example.com>\r\nBDAT 5 LAST\r\nabc\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as BDAT1\n250 ok\n250 ok\n250 2.0.0 queued as BDAT2")
    true(c.quit().close(), "two mails delivered", 2, forbid=["bdat-size-mismatch", "bad-sequence-client", "pipelining-group-violation"])
    return net


@scene("file-cut.pcap", "The file ends in the middle of a packet; everything before it is there.", severity=HEALTHY)
def cut(true):
    net = Net()
    true(delivery(net.tcp(A, B)), "delivered", 1)
    true(net.tcp(A, B, at=10).open().hello(), "cut off after the EHLO", 0, allow=["capture-ends-open"])

    class Cut:
        @staticmethod
        def write(path, **how):
            net.write(path)
            with open(path, "rb") as f:
                raw = f.read()
            with open(path, "wb") as f:
                f.write(raw[:-30])
    return Cut()


@scene("not-mail.pcap", "Controls: HTTP on 8080 and bytes of nobody's protocol on 465; no mail session is told for the first.", severity=HEALTHY)
def not_mail(true):
    net = Net()
    c = net.tcp(A, B, dport=8080).open()
    c.client("GET / HTTP/1.1\nHost: www.example.com\n", ack=False)
    c.server("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", ack=False).close()
    d = net.tcp(A, B, dport=465, at=1).open()
    d.client(bytes(range(0x80, 0xC0)), ack=False)
    d.server(bytes(range(0xC0, 0xF0)), ack=False)
    d.close()
    true(d, "neither TLS nor SMTP", 0, allow=["non-smtp-client"], forbid=["early-talker", "bad-sequence-client", "greeting-malformed"])
    return net


