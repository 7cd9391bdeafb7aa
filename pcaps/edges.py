"""edges - what lies just above a threshold beside what lies just below, and what is no fault at all."""
from craft import ACK, C, PSH, RST, S, Net, content, hidden, tls12
from scene import scene

A, B = "192.0.2.10", "198.51.100.25"
TO_DATA = "C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go"


@scene("greeting-late.pcap", """The greeting comes after 6 s, and after 40 s. Near misses: after 4 s; after 6 s because it was lost four times; its first
       line at once and the rest after 6 s, as postscreen does.""")
def greeting_late(true):
    net = Net()
    for n, (seconds, also) in enumerate(((6.0, True), (40.0, True), (4.0, False))):
        c = net.tcp(A, f"198.51.100.{30 + n}", at=n).open()
        c.server("220 mx.example.com ESMTP", dt=seconds, ack=False)
        c.talk("C EHLO client.example.org\nS 250 mx.example.com")
        true(c.mail().quit().close(), f"delivered; greeted after {seconds:g} s", 1, also=["greeting-delay"] if also else [],
             forbid=[] if also else ["greeting-delay"])
    c = net.tcp(A, "198.51.100.33", near=S, at=3).open()
    greeting = b"220 mx.example.com ESMTP\r\n"
    c.seg(S, greeting, ACK | PSH, lost=True)
    for pause in (0.4, 0.8, 1.6):
        c.seg(S, greeting, ACK | PSH, dt=pause, seq=0, stay=True)
    c.seg(S, greeting, ACK | PSH, dt=3.2, seq=0)
    c.has[C] = len(greeting)
    c.talk("C EHLO client.example.org\nS 250 mx.example.com")
    true(c.mail().quit().close(), "delivered; the greeting was lost four times", 1, forbid=["greeting-delay", "greeting-timeout"], allow=["one-way-loss"])
    c = net.tcp(A, "198.51.100.34", at=4).open()
    c.server("220-mx.example.com ESMTP", ack=False)
    c.seg(C)
    c.server("220 mx.example.com ESMTP", dt=6.0, ack=False)
    c.talk("C EHLO client.example.org\nS 250 mx.example.com")
    true(c.mail().quit().close(), "delivered; tested by postscreen", 1, allow=["greeting-delay"], forbid=["greeting-timeout", "early-talker"])
    return net


@scene("tls-port-silent.pcap", """Port 465: both sides silent for 15 s, then the client closes. Near misses: it closes after 8 s; it speaks TLS after
       15 s; the same on port 25, where the server should have greeted.""")
def tls_port(true):
    net = Net()
    c = net.tcp(A, B, dport=465).open()
    c.end(C, dt=15.0).end(S).seg(C)
    true(c, "15 s of silence on 465", 0, ["implicit-tls-deadlock"], points=["client"], forbid=["greeting-timeout"])
    c = net.tcp(A, B, dport=465, at=1).open()
    c.end(C, dt=8.0).end(S).seg(C)
    true(c, "8 s of silence on 465", 0, forbid=["implicit-tls-deadlock", "greeting-timeout"])
    c = net.tcp(A, B, dport=465, at=2).open().wait(15.0)
    tls12(c, seed=3)
    for ask, answer in ((60, 160), (3000, 80), (40, 50)):
        hidden(c, C, ask, ask)
        hidden(c, S, answer, answer)
    true(c.close(C), "TLS after 15 s", 0, forbid=["implicit-tls-deadlock", "greeting-timeout"])
    c = net.tcp(A, B, at=3).open()
    c.end(C, dt=15.0).end(S).seg(C)
    true(c, "15 s of silence on 25", 0, ["greeting-timeout"], points=["server"], forbid=["implicit-tls-deadlock"])
    return net


@scene("content-paused.pcap", """The client pauses for 15 s inside the content. Near misses: for 8 s; for 15 s because what it sent was lost; for 15 s with
       the server's window closed.""")
def paused(true):
    net = Net()
    for n, seconds in enumerate((15.0, 8.0)):
        c = net.tcp(A, B, at=n).open().hello().talk(TO_DATA)
        c.client(content(2000))
        c.client(content(900), dt=seconds)
        c.client(b".\r\n", ack=False)
        c.talk("S 250 2.0.0 queued as PAUSE1")
        true(c.quit().close(), f"delivered; a pause of {seconds:g} s", 1, also=[] if n else ["sender-stall"], forbid=["sender-stall"] if n else ["data-block-timeout"])
    c = net.tcp(A, B, at=2).open().hello().talk(TO_DATA)
    c.client(content(2000))
    at, part = c.next[C], content(900)
    c.seg(C, part, ACK | PSH, lost=True)
    for pause in (0.5, 1.0, 2.0, 4.0):
        c.seg(C, part, ACK | PSH, dt=pause, seq=at, stay=True)
    c.seg(C, part, ACK | PSH, dt=7.5, seq=at)
    c.has[S] = c.next[C]
    c.seg(S)
    c.client(b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as PAUSE2")
    true(c.quit().close(), "delivered; one segment was lost for 15 s", 1, forbid=["sender-stall"])
    c = net.tcp(A, B, at=3).open().hello().talk(TO_DATA)
    c.client(content(2000), ack=False)
    c.seg(S, win=0)
    for _ in range(3):
        c.seg(C, dt=4.0, seq=c.next[C] - 1, stay=True)
        c.seg(S, win=0)
    c.seg(S, dt=3.0)
    c.client(content(900) + b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as PAUSE3")
    true(c.quit().close(), "delivered; the window was closed for 15 s", 1, also=["zero-window-stall-server"], forbid=["sender-stall"])
    return net


@scene("client-does-not-read.pcap", """The client closes its window for 8 s while replies wait for it. Near misses: for 3 s; in a RST.""")
def does_not_read(true):
    net = Net()
    for n, seconds in enumerate((8.0, 3.0)):
        c = net.tcp(A, B, at=n, near=S).open().hello()
        c.client("MAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.com>\nDATA", ack=False)
        c.server("250 ok", ack=False)
        c.seg(C, win=0)
        for _ in range(3):
            c.seg(S, dt=seconds / 4, seq=c.next[S] - 1, stay=True)
            c.seg(C, win=0)
        c.seg(C, dt=seconds / 4)
        c.server("250 ok\n354 go", ack=False)
        c.client(content(500) + b".\r\n", ack=False)
        c.talk("S 250 2.0.0 queued as READ1")
        true(c.quit().close(), f"delivered; the client did not read for {seconds:g} s", 1, also=[] if n else ["zero-window-stall-client"],
             forbid=["zero-window-stall-client"] if n else ["zero-window-stall-server"])
    c = net.tcp(A, B, at=2).open().hello().mail()
    c.client("QUIT", ack=False)
    c.seg(C, flags=RST | ACK, win=0, dt=9.0)
    true(c, "delivered; RST with window 0", 1, forbid=["zero-window-stall-client"])
    return net


@scene("tls-client-silent.pcap", """Inside TLS the client says nothing for 310 s, then the server closes. Near misses: it goes on after 200 s; its last
       record was as small as a good-bye.""")
def tls_client_silent(true):
    net = Net()
    for n, seconds in enumerate((310.0, 200.0, 310.0)):
        c = net.tcp(A, f"198.51.100.{40 + n}", dport=465, at=n).open()
        tls12(c, seed=8 + n)
        hidden(c, S, 80, 5)
        hidden(c, C, 60, 6)
        hidden(c, S, 24 if n == 2 else 160, 7)
        c.seg(C)
        if n == 1:
            hidden(c, C, 60, 8, dt=seconds)
            hidden(c, S, 48, 9)
            true(c.close(C), "went on after 200 s", 0, forbid=["tls-stalled-client", "tls-stalled-server"])
            continue
        c.end(S, dt=seconds).end(C).seg(S)
        if n == 0:
            true(c, "310 s without a record of the client", 0, also=["tls-stalled-client"], allow=["tls-stalled-client"], forbid=["tls-stalled-server"])
        else:
            true(c, "the server had said good-bye", 0, forbid=["tls-stalled-client"])
    return net


@scene("no-mail.pcap", """Sessions in which no mail is offered: greeting, hello and QUIT; an address checked, with and without success. Near misses:
       a greeting that refuses; a mail; a sender's mail whose only recipient is refused.""")
def no_mail(true):
    net = Net()
    check = "C MAIL FROM:<>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS "
    true(net.tcp(A, B).open().hello().quit().close(), "hello and QUIT", 0, also=["probe-session"], forbid=["address-callout"])
    c = net.tcp(A, B, at=1).open().talk("S 554 5.7.1 no service\nC QUIT\nS 221 bye")
    true(c.close(), "a greeting that refuses", 0, ["greeting-rejected", "policy-reject"], forbid=["probe-session"])
    c = net.tcp(A, B, at=2).open().hello().talk(check + "250 ok")
    true(c.quit().close(), "an address is fine", 0, also=["address-callout"], forbid=["probe-session"])
    c = net.tcp(A, B, at=3).open().hello().talk(check + "550 5.1.1 <bob@example.com>: user unknown")
    true(c.quit().close(), "an address is not fine, or a bounce was refused", 0, ["user-unknown"], also=["address-callout"], forbid=["probe-session"])
    c = net.tcp(A, B, at=4).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 550 5.1.1 <bob@example.com>: user unknown")
    true(c.quit().close(), "a mail refused", 0, ["user-unknown"], forbid=["probe-session", "address-callout"])
    true(net.tcp(A, B, at=5).open().hello().mail().quit().close(), "a mail delivered", 1, forbid=["probe-session", "address-callout"])
    c = net.tcp(A, B, at=6).open().hello().mail()
    c.client("QUIT")
    c.server("221 2.0.0 Bye", dt=250.0, ack=False)
    true(c.close(), "delivered; QUIT was answered after 250 s", 1, forbid=["quit-timeout", "slow-reply-quit", "rst-after-quit"])
    return net


@scene("content-cut-by-dot.pcap", """A line of the message is a dot alone, and not doubled: the rest is taken for commands. Near misses: the dot is
       doubled; the next mail's commands follow in the same packet; the lines come after the reply.""")
def cut_by_dot(true):
    net = Net()
    rest = b"and this is the rest\r\nof the letter\r\n.\r\n"
    refused = "S 500 5.5.2 Error: command not recognized\nS 500 5.5.2 Error: command not recognized\nS 500 5.5.2 Error: bad syntax"
    c = net.tcp(A, B).open().hello().talk(TO_DATA)
    c.client(content(300) + b".\r\n" + rest, ack=False)
    c.talk("S 250 2.0.0 queued as HALF1\n" + refused)
    true(c.quit().close(), "accepted, but only its beginning", 1, ["data-truncated-by-dot"], points=["client"], forbid=["pipelining-group-violation"])
    c = net.tcp(A, B, at=1).open().hello().talk(TO_DATA)
    c.client(content(300) + b"..\r\n" + rest, ack=False)
    c.talk("S 250 2.0.0 queued as WHOLE1")
    true(c.quit().close(), "delivered; the dot was doubled", 1, forbid=["data-truncated-by-dot", "dot-stuffing-missing"])
    c = net.tcp(A, B, at=2).open().hello().talk(TO_DATA)
    c.client(content(300) + b".\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as NEXT1\nS 250 ok\nS 250 ok\nS 354 go")
    c.client(content(300) + b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as NEXT2")
    true(c.quit().close(), "two mails in a hurry", 2, forbid=["data-truncated-by-dot"])
    c = net.tcp(A, B, at=3).open().hello().talk(TO_DATA)
    c.client(content(300) + b".\r\n", ack=False)
    c.talk("S 250 2.0.0 queued as THEN1")
    c.client(rest, ack=False)
    c.talk(refused)
    true(c.quit().close(), "accepted; strange lines later", 1, forbid=["data-truncated-by-dot"], allow=["command-unrecognized"])
    return net


@scene("verb-unknown.pcap", "A verb that nobody knows is refused with 500. Near misses: a private one; HELP refused with 502.", severity="notice")
def verb_unknown(true):
    net = Net()
    for n, (line, code, told) in enumerate((("FOO bar", 500, True), ("XFOO bar", 500, False), ("HELP", 502, False))):
        c = net.tcp(A, B, at=n).open().hello().talk(f"C {line}\nS {code} 5.5.1 Error: command not recognized")
        true(c.quit().close(), f"{line}: {code}", 0, also=["command-unrecognized"] if told else [], forbid=[] if told else ["command-unrecognized"])
    return net


@scene("segments-largest.pcap", "Near miss of capture-offload: segments of just the size that fits.", severity="notice", never=["capture-offload"])
def largest(true):
    net = Net()
    true(net.tcp(A, B).open().hello().mail(size=8000).quit().close(), "delivered", 1, forbid=["capture-offload"])
    return net
