"""halves - what was begun and not ended, or ended and not heard: half a greeting, half a handshake, half a line, a mail begun as the server
closed, a 250 that nobody acknowledged.

A scene holds the fault and its near misses, each different in the one thing that decides.
"""
from craft import ACK, C, PSH, RST, S, Net, client_hello, content, filler, handshake, hidden, record, server_hello, tls12
from scene import scene

A, B = "192.0.2.10", "198.51.100.25"
A6, B6 = "2001:db8:1::10", "2001:db8:2::25"
TO_DATA = "C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go"


def left(c, seconds):
    """The client closes after that time."""
    return c.close(C, dt=seconds)


@scene("reply-half.pcap", """A greeting of two lines whose second never comes: the client closes after 60 s, another says QUIT after 30 s; an EHLO
       reply that stops in its middle. Near misses: the second line comes after 8 s; the client leaves after 2 s.""")
def reply_half(true):
    net = Net()
    no = ["not-smtp", "greeting-malformed", "reply-multiline-inconsistent", "client-abort-greeting", "probe-session"]
    c = net.tcp(A, B).open()
    c.server("220-mx.example.com ESMTP")
    true(left(c, 60.0), "half a greeting, FIN", 0, ["greeting-timeout"], points=["server"], forbid=no)
    c = net.tcp(A6, B6, at=1).open()
    c.server("220-mx.example.com ESMTP")
    c.client("QUIT", dt=30.0)
    true(left(c, 10.0), "half a greeting, QUIT", 0, ["greeting-timeout"], points=["server"], forbid=no)
    c = net.tcp(A, B, at=2).open()
    c.talk("S 220 mx.example.com ESMTP\nC EHLO client.example.org")
    c.server("250-mx.example.com\n250-PIPELINING")
    true(left(c, 60.0), "half an EHLO reply", 0, ["ehlo-timeout"], points=["server"], forbid=no + ["client-abort-ehlo"])
    c = net.tcp(A, B, at=3).open()
    c.server("220-mx.example.com ESMTP")
    c.server("220 ready", dt=8.0, ack=False)
    c.talk("C EHLO client.example.org\nS 250 mx.example.com").mail()
    true(c.quit().close(), "delivered, the second line late", 1, allow=["greeting-delay"], forbid=no + ["greeting-timeout"])
    c = net.tcp(A, B, at=4).open()
    c.server("220-mx.example.com ESMTP")
    true(left(c, 2.0), "left within half a greeting", 0, allow=["client-abort-greeting"], forbid=["greeting-timeout", "not-smtp"])
    return net


def starttls(net, at):
    c = net.tcp(A, B, at=at).open().hello(keywords=("PIPELINING", "STARTTLS"))
    return c.talk("C STARTTLS\nS 220 2.0.0 Ready to start TLS")


def flight12(size=1500):
    return server_hello() + record(22, handshake(11, (size + 3).to_bytes(3, "big") + size.to_bytes(3, "big") + filler(9, size)))


def hello13(c):
    """A ClientHello of TLS 1.3; returns the answer to it."""
    name, u16 = b"mx.example.com", lambda n: n.to_bytes(2, "big")
    more = u16(0) + u16(len(name) + 5) + u16(len(name) + 3) + b"\0" + u16(len(name)) + name + \
        bytes.fromhex("002b0003020304000a00040002001d003300260024001d0020") + filler(5, 32)
    body = b"\3\3" + filler(1, 32) + b"\x20" + filler(2, 32) + bytes.fromhex("00021301") + b"\1\0" + u16(len(more)) + more
    c.client(record(22, handshake(1, body), 0x0301), ack=False)
    more = bytes.fromhex("002b0002030400330024001d0020") + filler(6, 32)
    body = b"\3\3" + filler(3, 32) + b"\x20" + filler(2, 32) + bytes.fromhex("130100") + u16(len(more)) + more
    return record(22, handshake(2, body)) + record(20, b"\1")


@scene("tls-stops.pcap", """TLS 1.2 behind STARTTLS: the server stops within its certificate, the client closes after 60 s; the client stops behind
       the server's whole flight, the server closes after 60 s. The same in TLS 1.3 on 465, where the server stops within a record. Near
       misses: the client closes 2 s after half a flight; the server pauses 8 s within its flight and goes on.""")
def tls_stops(true):
    net = Net()
    server = dict(primary=["tls-stalled-server"], points=["server"],
                  forbid=["tls-no-serverhello", "tls-silent-close-after-server-flight", "tls13-abort-by-client", "client-abort-tls", "starttls-handshake-missing"])
    client = dict(primary=["tls-stalled-client"], points=["client"],
                  forbid=["tls-no-serverhello", "tls-stalled-server", "tls-session-closed-by-server", "server-closed-mid-session"])
    rest = record(22, handshake(12, filler(3, 329))) + record(22, handshake(14, b""))
    c = starttls(net, 0)
    c.client(client_hello(), ack=False)
    c.server(flight12()[:700])
    true(left(c, 60.0), "1.2: the server stops within its flight", 0, **server)
    c = starttls(net, 1)
    c.client(client_hello(), ack=False)
    c.server(flight12() + rest)
    c.end(S, dt=60.0).end(C).seg(S)
    true(c, "1.2: the client stops behind the server's flight", 0, **client)
    c = net.tcp(A, B, dport=465, at=2).open()
    flight = hello13(c) + record(23, filler(8, 40)) + record(23, filler(9, 1800)) + record(23, filler(9, 280)) + record(23, filler(9, 53))
    c.server(flight[:900])
    true(left(c, 30.0), "1.3: the server stops within its flight", 0, **server)
    c = net.tcp(A, B, dport=465, at=3).open()
    flight = hello13(c) + record(23, filler(8, 40)) + record(23, filler(9, 1800)) + record(23, filler(9, 280)) + record(23, filler(9, 53))
    c.server(flight)
    c.end(S, dt=60.0).end(C).seg(S)
    true(c, "1.3: the client stops behind the server's flight", 0, **client)
    c = starttls(net, 4)
    c.client(client_hello(), ack=False)
    c.server(flight12()[:700])
    true(left(c, 2.0), "left 2 s after half a flight", 0, forbid=["tls-stalled-server", "tls-stalled-client", "tls-silent-close-after-server-flight"])
    c = starttls(net, 5)
    say, part = c.say, [0]

    def in_parts(side, data, **more):
        """The server's first records with a pause in their middle."""
        if side == S and isinstance(data, bytes) and not part[0]:
            part[0] = 1
            say(side, data[:400])
            return say(side, data[400:], dt=8.0, **more)
        return say(side, data, **more)
    c.say = in_parts
    tls12(c)
    for length in (60, 300, 40, 60):
        hidden(c, C, length)
        hidden(c, S, 60)
    true(c.close(), "a pause of 8 s, and done", None, forbid=["tls-stalled-server", "tls-stalled-client"])
    return net


@scene("line-half.pcap", """EHLO and MAIL without the end of the line: the client waits and closes. LF . LF behind the content: the client waits
       until it is told 421. Near misses: the line's end comes 3 s later; the content ends rightly and the server is silent.""")
def line_half(true):
    net = Net()
    c = net.tcp(A, B).open()
    c.talk("S 220 mx.example.com ESMTP").client(b"EHLO client.example.org")
    true(left(c, 60.0), "EHLO without end", 0, ["client-abort-ehlo"], points=["client"], forbid=["ehlo-timeout", "greeting-timeout"])
    c = net.tcp(A, B, at=1).open().hello()
    c.client(b"MAIL FROM:<ann@example.org>")
    true(left(c, 40.0), "MAIL without end", 0, ["client-abort-mail"], points=["client"], forbid=["mail-timeout"])
    c = net.tcp(A, B, at=2).open().hello().talk(TO_DATA)
    c.client(b"Subject: x\r\n\r\nhello\nworld\n.\n")
    c.server("421 4.4.2 mx.example.com Error: timeout exceeded", dt=300.0, ack=False)
    true(c.close(S), "an end that is none", 0, ["server-idle-timeout"], also=["bare-lf-content"], points=["client"],
         forbid=["data-final-timeout", "duplicate-delivery-risk", "smuggling-attempt", "smuggling-accepted"])
    c = net.tcp(A, B, at=3).open().hello()
    c.client(b"MAIL FROM:<ann@ex")
    c.client(b"ample.org>\r\n", dt=3.0, ack=False)
    c.talk("S 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go\nC hello\n.\nS 250 2.0.0 queued as HALF1")
    true(c.quit().close(), "delivered", 1, forbid=["client-abort-mail", "sender-stall"])
    c = net.tcp(A, B, at=4).open().hello().talk(TO_DATA)
    c.client(b"Subject: x\r\n\r\nhello\r\n.\r\n")
    true(left(c, 600.0), "no answer to a true end", 0, ["data-final-timeout"], points=["server"], forbid=["bare-lf-content", "server-idle-timeout"])
    return net


@scene("closed-as-mail-began.pcap", """The server closes an idle connection without a word while MAIL is on its way. Near misses: nothing was on its way;
       QUIT was; it had said 421 before; MAIL comes a minute later, when the client had the FIN.""")
def closed(true):
    net = Net()

    def idle(at):
        c = net.tcp(A, B, at=at).open().hello().mail()
        c.seg(C)
        return c
    c = idle(0)
    c.end(S, dt=100.0)
    c.client("MAIL FROM:<ann@example.org>", ack=False, dt=0.0002)
    c.seg(S, flags=RST, win=0)
    true(c, "MAIL crossed the FIN", 1, ["server-closed-mid-session"], points=["server"], forbid=["tcp-reset-by-server-mail", "mail-timeout", "tcp-reset-injected"])
    calm = ["tcp-reset-by-server-mail", "mail-timeout", "client-abort-idle"]
    c = idle(1)
    true(c.close(S, dt=100.0), "nothing on its way", 1, allow=["server-closed-mid-session"], forbid=calm)
    c = idle(2)
    c.end(S, dt=100.0)
    c.client("QUIT", ack=False, dt=0.0002)
    c.seg(S, flags=RST, win=0)
    true(c, "QUIT crossed the FIN", 1, allow=["server-closed-mid-session"], forbid=calm)
    c = idle(3)
    c.server("421 4.4.2 mx.example.com Error: timeout exceeded", dt=300.0, ack=False)
    c.end(S)
    c.client("MAIL FROM:<ann@example.org>", ack=False, dt=0.0002)
    c.seg(S, flags=RST, win=0)
    true(c, "MAIL crossed 421 and FIN", 1, forbid=calm + ["server-closed-mid-session"])
    c = idle(4)
    c.end(S, dt=100.0)
    c.seg(C)
    c.client("MAIL FROM:<ann@example.org>", ack=False, dt=60.0)
    c.seg(S, flags=RST, win=0)
    true(c, "MAIL a minute behind the FIN", 1, allow=["server-closed-mid-session"], forbid=calm)
    return net


@scene("reply-unheard.pcap", """At the server: its 250 to the dot is sent nine times and nothing comes back; the greeting likewise. Near misses: the
       third time it is acknowledged; a 451 that nobody acknowledged.""", vantage="server")
def unheard(true):
    net = Net()

    def again(c, text, *pauses):
        data = f"{text}\r\n".encode()
        c.seg(S, data, ACK | PSH, lost=True, dt=0.5)
        for pause in pauses:
            c.seg(S, data, ACK | PSH, seq=c.next[S] - len(data), dt=pause, stay=True)
        return c
    long = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    no = ["data-final-timeout", "client-timeout-too-short", "server-idle-timeout"]

    def sent(at):
        c = net.tcp(A, B, near=S, at=at).open().hello().mail(final="")
        c.seg(S)
        return c
    c = again(sent(0), "250 2.0.0 Ok: queued as DEAF1", *long)
    true(c, "accepted, and the client does not know", 1, ["retransmission-exhausted"], also=["duplicate-delivery-risk"], points=["network"], forbid=no)
    c = again(net.tcp(A, B, near=S, at=1).open(), "220 mx.example.com ESMTP", *long)
    true(c, "the greeting does not get through", 0, ["retransmission-exhausted"], points=["network"], forbid=no + ["greeting-timeout", "client-abort-greeting"])
    c = again(sent(2), "250 2.0.0 Ok: queued as DEAF2", 0.25, 0.5)
    c.has[C] = c.next[S]
    c.seg(C, dt=0.02)
    true(c.quit().close(), "delivered", 1, forbid=no + ["retransmission-exhausted", "duplicate-delivery-risk"])
    c = again(sent(3), "451 4.3.0 try again", *long)
    true(c, "put off, and the client does not know", 0, ["retransmission-exhausted", "server-local-error"], forbid=no + ["duplicate-delivery-risk"])
    return net


@scene("idle-421-words.pcap", """After a mail and 20 s of silence the server says 421 and that it is shutting down, or going down for maintenance. Near
       miss: the same time, the words of a timeout.""", severity="notice")
def words(true):
    net = Net()
    for n, (text, also, forbid) in enumerate((("421 4.3.2 mx.example.com Service shutting down", ["service-shutdown"], ["server-idle-timeout", "server-timeout-too-short"]),
                                              ("421 mx.example.com closing for maintenance", ["service-shutdown"], ["server-idle-timeout"]),
                                              ("421 4.4.2 mx.example.com Error: timeout exceeded", ["server-idle-timeout"], ["service-shutdown"]))):
        c = net.tcp(A, B, at=n).open().hello().mail()
        c.seg(C)
        c.server(text, dt=20.0, ack=False)
        true(c.close(S), text, 1, also=also, forbid=forbid + ["server-closed-mid-session"])
    return net


@scene("refused-then-another.pcap", """Two mails of one session to the same recipient: the first is refused at the dot, the second accepted. Near miss: DATA
       is put off, then the same mail goes through.""")
def another(true):
    net = Net()
    c = net.tcp(A, B).open().hello().mail(final="550 5.7.1 This message looks like spam").mail(queue="OTHER1")
    true(c.quit().close(), "one of two", 1, ["spam-content"], points=["client", "policy"])
    c = net.tcp(A, B, at=1).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 451 4.3.0 try again\nC RSET\nS 250 ok").mail(queue="SAME1")
    true(c.quit().close(), "accepted the second time", 1)
    return net


@scene("path-too-large-tls.pcap", """Inside TLS all the full-size segments of a message vanish, and the server, who hears nothing, says its last reply once
       more: it lives. Near misses: it does not, so that the path may be dead both ways; one full-size segment passed before.""")
def too_large_tls(true):
    net = Net()
    for n, (again, passed, rule) in enumerate(((True, False, "pmtu-black-hole"), (False, False, "retransmission-exhausted"), (True, True, None))):
        c = net.tcp(A, f"198.51.100.{25 + n}", dport=587, at=n * 2).open().hello(keywords=("STARTTLS",)).talk("C STARTTLS\nS 220 go")
        tls12(c)
        for length in (60, 90, 60):
            hidden(c, C, length)
            hidden(c, S, 59)
        if passed:
            c.client(record(23, filler(4, 1455)), ack=True)
        body = record(23, filler(7, 8000))
        at = c.next[C]
        for k in range(4):
            c.seg(C, body[k * 1460:k * 1460 + 1460], lost=True)
        if again:
            c.seg(S, record(23, filler(50, 59)), ACK | PSH, seq=c.next[S] - 64, dt=0.2, stay=True)
            c.seg(C)
        for pause in (0.3, 0.6, 1.2, 2.4, 4.8, 9.6):
            c.seg(C, body[:1460], seq=at, dt=pause, stay=True)
        others = [r for r in ("pmtu-black-hole", "retransmission-exhausted", "one-way-loss") if r != rule and rule]
        true(c, "full-size segments vanish", None, [rule] if rule else ["retransmission-exhausted", "one-way-loss"], points=["network"],
             forbid=(others or ["pmtu-black-hole"]) + ["tls-stalled-server", "zero-window-stall-server"])
    return net


@scene("content-too-late.pcap", """The client stops in its content, is told 421 after 300 s, and goes on a second later. Near misses: it goes on after 290 s
       and delivers; what it had sent before the 421 was lost, and it sent it again and again.""")
def too_late(true):
    net = Net()
    gone = "421 4.4.2 mx.example.com Error: timeout exceeded"
    c = net.tcp(A, B).open().hello().talk(TO_DATA)
    c.client(content(4000))
    c.server(gone, dt=300.0, ack=False)
    c.end(S)
    c.client(content(2000), dt=1.0, ack=False, lost=True)
    c.seg(S, flags=RST, win=0)
    true(c, "silent, told 421, and then the rest", 0, ["server-idle-timeout"], also=["data-aborted"], points=["client"],
         forbid=["server-closed-mid-session", "tcp-reset-by-server-data", "data-final-timeout", "retransmission-exhausted"])
    c = net.tcp(A, B, at=1).open().hello().talk(TO_DATA)
    c.client(content(4000))
    c.client(content(2000) + b".\r\n", dt=290.0, ack=False)
    c.server("250 2.0.0 queued as LATE9", ack=False)
    true(c.quit().close(), "delivered", 1, ["sender-stall"], points=["client"], forbid=["server-idle-timeout", "data-aborted"])
    c = net.tcp(A, B, at=2).open().hello().talk(TO_DATA)
    c.client(content(4000))
    at, lost = c.next[C], content(900)
    c.seg(C, lost, ACK | PSH, lost=True, dt=1.0)
    for pause in (0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 38.4, 76.8):
        c.seg(C, lost, ACK | PSH, seq=at, dt=pause, stay=True)
    c.server(gone, dt=145.0, ack=False)
    c.end(S)
    c.seg(C, lost, ACK | PSH, seq=at, dt=8.0, stay=True)
    true(c, "what it sent never arrived", 0, ["one-way-loss", "retransmission-exhausted", "data-block-timeout"], points=["network"], allow=["server-idle-timeout"])
    return net
