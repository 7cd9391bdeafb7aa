"""waits - silences: each timer of RFC 5321 section 4.5.3.2 run out, and nearly.

"Run out": the client gives up after its full time. "Nearly": the reply comes just before, slow but in time.
"""
from craft import ACK, C, PSH, S, Net, content, hidden, tls12
from scene import scene

A, B = "192.0.2.10", "198.51.100.25"
TO_DATA = "C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go"


def up_to(c, phase):
    """The dialogue up to the command whose reply does not come; acknowledged by the server's TCP."""
    if phase == "greeting":
        return c.open()
    if phase == "ehlo":
        c.open().talk("S 220 mx.example.com ESMTP\nC EHLO client.example.org")
    else:
        c.open().hello(keywords=("PIPELINING", "STARTTLS", "AUTH CRAM-MD5"))
    if phase == "starttls":
        c.talk("C STARTTLS")
    elif phase == "auth":
        c.talk("C AUTH CRAM-MD5\nS 334 PDEyMzQ1QG14LmV4YW1wbGUuY29tPg==\nC Y2xpZW50IDAxMjM0NTY3ODk=")
    elif phase == "mail":
        c.talk("C MAIL FROM:<ann@example.org>")
    elif phase == "rcpt":
        c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>")
    elif phase == "data-init":
        c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC DATA")
    elif phase == "data-final":
        c.mail(final="")
    if phase != "data-final":
        c.seg(S)
    return c


LIMITS = {"greeting": 300, "ehlo": 300, "starttls": 300, "auth": 300, "mail": 300, "rcpt": 300, "data-init": 120, "data-final": 600}


@scene("timeouts.pcap", "No reply in each phase until the client gives up after the full time of RFC 5321.")
def timeouts(true):
    net = Net()
    for n, (phase, seconds) in enumerate(LIMITS.items()):
        c = up_to(net.tcp(A, f"198.51.100.{30 + n}", at=n * 2, dport=587 if phase == "auth" else 25), phase)
        c.end(C, dt=float(seconds)).end(S, dt=0.02).seg(C)
        others = [f"{p}-timeout" for p in LIMITS if p != phase]
        also = ["duplicate-delivery-risk"] if phase == "data-final" else []
        best = [f"{phase}-timeout"] + (["duplicate-delivery-risk"] if also else [])
        true(c, f"no reply in {phase} for {seconds} s; the client closed", 0, best, also=[f"{phase}-timeout"] + also, points=["server"],
             forbid=others + ["client-timeout-too-short", "server-idle-timeout", "early-talker", "one-way-loss", "data-aborted"])
    return net


@scene("timeouts-nearly.pcap", "The reply comes ten seconds before the client's time is over: slow, but no timeout.", severity="warning")
def nearly(true):
    net = Net()
    answers = {"greeting": "220 mx.example.com ESMTP", "ehlo": "250-mx.example.com\n250 PIPELINING", "mail": "250 ok", "rcpt": "250 ok",
               "data-init": "354 go", "data-final": "250 2.0.0 queued as SLOW1"}
    for n, (phase, answer) in enumerate(answers.items()):
        c = up_to(net.tcp(A, f"198.51.100.{40 + n}", at=n * 2), phase)
        c.server(answer, dt=float(LIMITS[phase] - 10), ack=False)
        rest = {"greeting": "C EHLO client.example.org\nS 250 mx.example.com\n" + TO_DATA, "ehlo": TO_DATA,
                "mail": "C RCPT TO:<bob@example.com>\nS 250 ok\nC DATA\nS 354 go", "rcpt": "C DATA\nS 354 go"}.get(phase)
        if rest:
            c.talk(rest)
        if phase != "data-final":
            c.client(content(500) + b".\r\n", ack=False)
            c.talk("S 250 2.0.0 queued as SLOW2")
        true(c.quit().close(), f"delivered; the reply in {phase} took {LIMITS[phase] - 10} s", 1,
             also=["greeting-delay" if phase == "greeting" else f"slow-reply-{'eod' if phase == 'data-final' else phase}"],
             allow=["greeting-delay", "slow-reply-ehlo", "slow-reply-mail", "slow-reply-rcpt", "slow-reply-data-init", "slow-reply-eod"],
             forbid=[f"{p}-timeout" for p in LIMITS] + ["duplicate-delivery-risk", "client-timeout-too-short", "server-idle-timeout"])
    return net


@scene("client-timer-short.pcap", """The client gives up 30 s after the final dot. Near miss: 599.97 s, a timer of 600 s measured from the last
       acknowledgement.""")
def short(true):
    net = Net()
    for server, seconds, also, forbid in ((B, 30.0, ["client-timeout-too-short"], []),
                                          ("198.51.100.26", 599.97, [], ["client-timeout-too-short"])):
        c = up_to(net.tcp(A, server), "data-final")
        c.end(C, dt=seconds).end(S, dt=0.02).seg(C)
        true(c, f"no reply to the final dot; the client gave up after {seconds:g} s", 0, ["data-final-timeout", "duplicate-delivery-risk"],
             also=["duplicate-delivery-risk"] + also, points=["server", "client"], forbid=["data-aborted", "client-abort-eod"] + forbid)
    return net


@scene("client-impatient.pcap", """The client gives up 6 s after a command the server has acknowledged: by QUIT, FIN and RST, the last after the final dot;
       the server's answer comes later. Near misses: after 12 s; a silent greeting; after 4 s.""")
def impatient(true):
    net = Net()
    timeouts = ["mail-timeout", "rcpt-timeout", "data-final-timeout"]
    ends = ["client-abort-rcpt", "client-abort-mail", "tcp-reset-by-server-eod", "slow-reply-rcpt"]
    c = up_to(net.tcp(A, B), "rcpt")
    c.client("QUIT", dt=6.0)
    c.talk("S 250 ok\nS 221 bye").close()
    true(c, "QUIT 6 s after RCPT; then the server accepts the recipient", 0, ["client-timeout-too-short"], points=["client"], forbid=timeouts + ends)
    c = up_to(net.tcp(A, B, at=1), "mail")
    c.end(C, dt=6.0).end(S, dt=0.02).seg(C)
    true(c, "FIN 6 s after MAIL", 0, ["client-timeout-too-short"], points=["client"], forbid=timeouts + ends)
    c = up_to(net.tcp(A, B, at=2), "data-final")
    c.reset(C, dt=6.0)
    true(c, "RST 6 s after the final dot", 0, ["duplicate-delivery-risk"], also=["client-timeout-too-short"], points=["client"], forbid=timeouts + ends)
    c = up_to(net.tcp(A, B, at=3), "rcpt")
    c.client("QUIT", dt=12.0).close(C)
    true(c, "QUIT 12 s after RCPT", 0, ["rcpt-timeout"], also=["client-timeout-too-short"], points=["server"])
    c = up_to(net.tcp(A, B, at=4), "greeting")
    c.end(C, dt=6.0).end(S, dt=0.02).seg(C)
    true(c, "FIN after 6 s without a greeting", 0, ["greeting-timeout"], also=["client-timeout-too-short"], points=["server"])
    c = up_to(net.tcp(A, B, at=5), "rcpt")
    c.end(C, dt=4.0).end(S, dt=0.02).seg(C)
    true(c, "FIN 4 s after RCPT", 0, ["client-abort-rcpt"], points=["client"], forbid=timeouts + ["client-timeout-too-short"])
    return net


@scene("dot-not-acknowledged.pcap", """The final dot never reached the server and is sent again until the client gives up: no reply was due, no
       duplicate threatens. Near miss of data-final-timeout and duplicate-delivery-risk.""")
def dot_lost(true):
    net = Net()
    c = net.tcp(A, B).open().hello().talk(TO_DATA)
    c.client(content(500))
    c.client(b".\r\n", ack=False, lost=True)
    for pause in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        c.seg(C, b".\r\n", ACK | PSH, dt=pause, seq=c.next[C] - 3, stay=True)
    c.reset(C, dt=25.0)
    true(c, "the end of the message never arrived", 0,
         ["retransmission-exhausted", "data-aborted", "tcp-reset-by-client-eod", "tcp-reset-by-client-data", "data-block-timeout"],
         forbid=["data-final-timeout", "duplicate-delivery-risk", "one-way-loss"])
    return net


@scene("server-idle-timeout.pcap", """The client is silent for 300 s after MAIL: 421 and close; 12 s on another server, too short. Near miss: the client
       goes on after 290 s.""")
def idle(true):
    net = Net()
    for n, (seconds, also, forbid) in enumerate(((300.0, [], ["server-timeout-too-short"]), (12.0, ["server-timeout-too-short"], []))):
        c = net.tcp(A, f"198.51.100.{25 + n}").open().hello().talk("C MAIL FROM:<ann@example.org>\nS 250 ok")
        c.seg(C)
        c.server("421 4.4.2 mx.example.com Error: timeout exceeded", dt=seconds, ack=False)
        c.close(S)
        true(c, f"421 after {seconds:g} s of the client's silence", 0, ["server-idle-timeout", "server-timeout-too-short"],
             also=["server-idle-timeout"] + also, points=["client", "server"],
             forbid=["mail-timeout", "server-closed-mid-session", "reply-unsolicited", "slow-reply-mail", "client-abort-mail"] + forbid)
    d = net.tcp(A, "198.51.100.27").open().hello().talk("C MAIL FROM:<ann@example.org>\nS 250 ok")
    d.seg(C)
    d.client("RCPT TO:<bob@example.com>", dt=290.0, ack=False)
    d.talk("S 250 ok\nC DATA\nS 354 go\nC hello\n.\nS 250 2.0.0 queued as IDLE1")
    true(d.quit().close(), "delivered after 290 s of idleness", 1, forbid=["server-idle-timeout", "mail-timeout", "client-abort-idle"])
    return net


@scene("quit-unanswered.pcap", "Delivered, QUIT never answered: no harm. Near miss of every failure.", severity="notice")
def quit_(true):
    net = Net()
    c = net.tcp(A, B).open().hello().mail()
    c.client("QUIT")
    c.end(C, dt=300.0).end(S, dt=0.02).seg(C)
    true(c, "delivered; no reply to QUIT", 1, also=["quit-timeout"], forbid=["data-final-timeout", "client-abort-quit", "duplicate-delivery-risk"])
    return net


@scene("window-closed.pcap", """The server stops reading inside the message and never opens its window again: 200 s of probes, then FIN. Near miss:
       it opens after 100 s and the mail is delivered.""")
def window_closed(true):
    net = Net()
    for n, stalls in enumerate((200, 100)):
        c = net.tcp(A, f"198.51.100.{25 + n}").open().hello().talk(TO_DATA)
        c.client(content(4000), ack=False)
        c.seg(S, win=0)
        waited, pause = 0.0, 0.4
        while waited + pause < stalls:
            c.seg(C, dt=pause, seq=c.next[C] - 1, stay=True)
            c.seg(S, win=0)
            waited, pause = waited + pause, min(pause * 2, 30.0)
        if n == 0:
            c.end(C, dt=stalls - waited)
            c.seg(S, win=0)
            true(c, "window closed until the client gave up", 0, ["data-block-timeout", "zero-window-stall-server"],
                 also=["data-block-timeout", "zero-window-stall-server"], points=["server"], forbid=["data-final-timeout", "duplicate-delivery-risk", "sender-stall", "one-way-loss"])
        else:
            c.seg(S, dt=stalls - waited)
            c.client(content(900) + b".\r\n", ack=False)
            c.talk("S 250 2.0.0 queued as WIND2")
            true(c.quit().close(), "delivered; the window was closed for 100 s", 1, allow=["zero-window-stall-server"],
                 forbid=["data-block-timeout", "data-aborted", "sender-stall"])
    return net


@scene("content-stalls.pcap", """The path dies inside the message: one range sent again and again, nothing comes back; the client resets after 180 s.""")
def stalls_in_content(true):
    net = Net()
    c = net.tcp(A, B).open().hello().talk(TO_DATA)
    body = content(9000)
    c.client(body[:2920])
    at = c.next[C]
    c.seg(C, body[2920:4380], lost=True)
    pause, waited = 0.2, 0.0
    while waited + pause < 170:
        c.seg(C, body[2920:4380], dt=pause, seq=at, stay=True)
        waited, pause = waited + pause, pause * 2
    c.reset(C, dt=185.0 - waited)
    true(c, "nothing from the server's side any more", 0, ["retransmission-exhausted", "data-block-timeout", "state-lost-after-idle"],
         points=["network"], forbid=["zero-window-stall-server", "data-final-timeout", "sender-stall", "pmtu-black-hole", "duplicate-delivery-risk"])
    return net


@scene("tls-silence.pcap", """Hidden dialogues that fall silent: the server for 310 s after the client's last record, then the client closes. Near
       miss: a reply after 200 s.""")
def tls_silence(true):
    net = Net()
    for n, seconds in enumerate((310.0, 200.0)):
        c = net.tcp(A, f"198.51.100.{25 + n}", dport=465).open()
        tls12(c, seed=5 + n)
        for ask, answer in ((58, 160), (61, 48), (59, 48), (35, 66)):
            hidden(c, C, ask, ask)
            hidden(c, S, answer, answer)
        hidden(c, C, 20000, 9)
        c.seg(S)
        if n == 0:
            c.end(C, dt=seconds).end(S, dt=0.02).seg(C)
            true(c, "silence of 310 s inside TLS", 0, ["tls-stalled-server"], points=["server"],
                 forbid=["data-final-timeout", "greeting-timeout", "early-talker", "tls-no-serverhello"])
        else:
            hidden(c, S, 48, 77, dt=seconds)
            true(c.close(C), "delivered, as far as can be seen", 0, forbid=["tls-stalled-server", "tls-stalled-client"],
                 allow=["slow-reply-eod"])
    return net
