"""messages - content, chunks, sizes: each rule with what nearly raises it."""
from scene import scene
from short import Stage, content, data, envelope

HEAD = b"From: <ann@example.org>\r\nSubject: a\r\n\r\n"
NO_SMUGGLING = ["smuggling-sequence", "smuggling-attempt", "smuggling-accepted"]


@scene("content.pcap", """Line ends, dots, ends that only some servers know, long lines, octets above 127. Near misses of each.""")
def contents(true):
    stage = Stage(true)

    def send(body, outcome, **what):
        c = envelope(stage.hello(what.pop("words", ("PIPELINING", "SIZE 10240000", "8BITMIME", "STARTTLS"))), mail=what.pop("mail", ""))
        stage.bye(data(c, HEAD + body), outcome, 1, **what)

    send(b"one\ntwo\r\n", "a bare LF", primary="bare-lf-content", points="client", forbid=NO_SMUGGLING)
    send(b"one\rtwo\r\n", "a bare CR", primary="bare-lf-content", forbid=NO_SMUGGLING)
    send(b"one\r\ntwo\r\n", "CRLF", forbid=["bare-lf-content", *NO_SMUGGLING])
    send(b".one\r\ntwo\r\n", "a dot that is not doubled", primary="dot-stuffing-missing", points="client", forbid=NO_SMUGGLING)
    send(b"..one\r\n...\r\n", "doubled dots", forbid=["dot-stuffing-missing", *NO_SMUGGLING])
    send(b"x" * 1200 + b"\r\n", "a long line", also="text-line-too-long")
    send(b"x" * 998 + b"\r\n", "a line of 1000", forbid=["text-line-too-long"])

    send(b"one\n.\r\nas it was\r\n", "an end for some", primary=["smuggling-sequence", "bare-lf-content"], also="smuggling-sequence",
         forbid=["smuggling-attempt", "smuggling-accepted"])
    send(b"one\r\n.\nMAIL FROM:<eve@example.net>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nspoof\r\n", "a second message inside",
         primary="smuggling-attempt", also=["smuggling-attempt", "smuggling-sequence"], forbid=["smuggling-accepted"], points="client")
    c = envelope(stage.hello())
    c.talk("C DATA\nS 354 go")
    c.client(HEAD + b"one\r\n.\nMAIL FROM:<eve@example.net>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nspoof\r\n.\r\n")
    c.server("250 ok\n250 ok\n250 ok\n354 go\n250 ok", ack=False)
    stage.bye(c, "a second message inside, taken", 1, "smuggling-accepted", ["smuggling-accepted", "smuggling-attempt", "smuggling-sequence"],
              ["reply-count-mismatch", "reply-unsolicited"], "server")

    send("grün\r\n".encode(), "octets above 127, not declared", also="8bit-without-8bitmime")
    send("grün\r\n".encode(), "and not offered", words=("PIPELINING", "STARTTLS"), primary="8bit-without-8bitmime")
    send("grün\r\n".encode(), "declared", mail=" BODY=8BITMIME", forbid=["8bit-without-8bitmime"])

    small = ("PIPELINING", "SIZE 10000", "STARTTLS")
    c = stage.hello(small).talk("C MAIL FROM:<ann@example.org> SIZE=20000\nS 552 5.3.4 Message size exceeds fixed limit")
    stage.bye(c, "declared too large", 0, ["message-too-large", "size-exceeds-advertised"], ["size-exceeds-advertised", "message-too-large"], points="client")
    c = envelope(stage.hello(small))
    stage.bye(data(c, content(12000), "552 5.3.4 Error: message file too big"), "sent too large", 0, ["message-too-large", "size-exceeds-advertised"],
              "size-exceeds-advertised")
    c = envelope(stage.hello(small), mail=" SIZE=10000")
    stage.bye(data(c, content(10000)), "exactly as large as allowed", 1, forbid=["size-exceeds-advertised", "message-too-large", "size-underdeclared"])
    c = envelope(stage.hello(("SIZE 0", "STARTTLS")), mail=" SIZE=20000000")
    stage.bye(data(c, content(3000)), "SIZE 0 is no limit", 1, forbid=["size-exceeds-advertised"])
    c = envelope(stage.hello(), mail=" SIZE=1000")
    stage.bye(data(c, content(90000)), "larger than declared", 1, also="size-underdeclared")
    c = envelope(stage.hello(), mail=" SIZE=1000")
    stage.bye(data(c, content(1500)), "a little larger", 1, forbid=["size-underdeclared"])
    return stage.net


@scene("chunks.pcap", "BDAT: not offered, behind the last, mixed with DATA, wrong sizes, after a refusal. Near misses of each.")
def chunks(true):
    stage = Stage(true)
    chunk = content(300)
    rules = ["bdat-not-offered", "bdat-after-last", "bdat-data-mixed", "bdat-size-mismatch", "bdat-continue-after-error", "binarymime-with-data"]

    def but(*kept):
        return [r for r in rules if r not in kept]

    def bdat(c, body, last=True, reply="250 2.0.0 ok", size=None):
        c.client(f"BDAT {len(body) if size is None else size}{' LAST' if last else ''}\r\n".encode() + body)
        return c.server(reply, ack=False) if reply else c

    stage.bye(bdat(envelope(stage.hello()), chunk), "one chunk", 1, forbid=rules)
    c = bdat(bdat(envelope(stage.hello()), chunk, last=False), chunk)
    stage.bye(c, "two chunks", 1, forbid=rules)
    stage.bye(bdat(envelope(stage.hello(("PIPELINING", "STARTTLS"))), chunk), "not offered, taken", 1, "bdat-not-offered", forbid=but("bdat-not-offered"), points="client")
    c = bdat(envelope(stage.hello()), chunk)
    c = bdat(c, chunk, reply="503 5.5.1 Error: need RCPT command")
    stage.bye(c, "a chunk behind the last", 1, also="bdat-after-last", primary=["bdat-after-last", "bad-sequence-503", "bad-sequence-client"])
    c = bdat(envelope(stage.hello()), chunk)
    stage.bye(bdat(envelope(c), chunk), "another mail behind the last", 2, forbid=rules)
    c = bdat(envelope(stage.hello()), chunk, last=False).talk("C DATA\nS 503 5.5.1 Error: DATA after BDAT")
    stage.bye(c, "DATA behind BDAT", 0, also="bdat-data-mixed", primary=["bdat-data-mixed", "bad-sequence-503", "bad-sequence-client"], forbid=["bdat-after-last"])
    c = bdat(envelope(stage.hello()), chunk, last=False).talk("C RSET\nS 250 ok")
    stage.bye(data(envelope(c)), "RSET between", 1, forbid=rules)
    c = envelope(stage.hello())
    c.client(b"BDAT 100\r\n" + chunk[:130] + b"\r\n")
    c.server("250 2.0.0 ok\n500 5.5.2 what", ack=False)
    stage.bye(c, "more than announced", 0, ["bdat-size-mismatch"], forbid=but("bdat-size-mismatch"), allow=["command-unrecognized", "client-abort-idle"])
    c = envelope(stage.hello())
    c.client(b"BDAT 400 LAST\r\n" + chunk)
    c.end(C_SIDE, dt=40.0).end(S_SIDE)
    c.seg(C_SIDE)
    true(c, "fewer than announced, and then a wait", 0, ["bdat-size-mismatch", "client-abort-data", "data-aborted", "sender-stall"], ["bdat-size-mismatch"])
    stage.at += 50
    c = envelope(stage.hello())
    c.client(b"BDAT 400 LAST\r\n" + chunk)
    c.end(C_SIDE).end(S_SIDE)
    c.seg(C_SIDE)
    true(c, "broken off", 0, ["client-abort-data", "data-aborted"], forbid=["bdat-size-mismatch"])
    c = bdat(envelope(stage.hello()), chunk, last=False, reply="552 5.3.4 too large")
    c = bdat(c, chunk, reply="503 5.5.1 Error: need MAIL")
    stage.bye(c, "goes on after a refusal", 0, "message-too-large", "bdat-continue-after-error")
    c = envelope(stage.hello())
    c.client(f"BDAT {len(chunk)}\r\n".encode() + chunk + f"BDAT {len(chunk)} LAST\r\n".encode() + chunk)
    c.server("552 5.3.4 too large\n503 5.5.1 Error: need MAIL", ack=False)
    stage.bye(c, "both sent at once", 0, "message-too-large", forbid=["bdat-continue-after-error", "bdat-after-last"])
    words = ("PIPELINING", "CHUNKING", "BINARYMIME", "8BITMIME", "STARTTLS")
    c = envelope(stage.hello(words), mail=" BODY=BINARYMIME").talk("C DATA\nS 503 5.5.1 BINARYMIME needs BDAT")
    stage.bye(c, "DATA for BINARYMIME", 0, also="binarymime-with-data", primary=["binarymime-with-data", "bad-sequence-disputed", "bad-sequence-503", "bad-sequence-client"])
    stage.bye(bdat(envelope(stage.hello(words), mail=" BODY=BINARYMIME"), chunk), "BDAT for BINARYMIME", 1, forbid=rules)
    return stage.net


C_SIDE, S_SIDE = "client", "server"
