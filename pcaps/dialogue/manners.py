"""manners - greeting, hello, the form of commands and replies, pipelining: each rule with what nearly raises it."""
from scene import scene
from short import C, S, WORDS, Stage, data, envelope

MASKED = ("PIPELINING", "SIZE 10240000", "XXXXXXXA")


@scene("greetings.pcap", """Greetings and hellos: malformed, painted over, names of the client, EHLO refused, PROXY lines. Near misses of each.""")
def greetings(true):
    stage = Stage(true)

    c = stage.session().talk("S hello there, this is mail\nS 220 mx.example.com ESMTP\nC EHLO client.example.org\nS 250 mx.example.com")
    stage.bye(c, "a line before the greeting", 0, "greeting-malformed", points="server", forbid=["reply-code-invalid"])
    c = stage.session().talk("S 220-mx.example.com\n554 go away\nC QUIT\nS 221 bye")
    stage.end(c, "two codes in one greeting", 0, ["greeting-malformed", "greeting-rejected", "reply-multiline-inconsistent"], also="greeting-malformed")
    c = stage.session().talk("S 220\nC EHLO client.example.org\nS 250 mx.example.com")
    stage.bye(c, "a greeting without text", forbid=["greeting-malformed", "smtp-banner-mangled", "reply-code-invalid"])

    c = stage.session().talk("S 220 ***************0*2******\nC HELO client.example.org\nS 250 mx.example.com")
    stage.bye(data(envelope(c)), "painted over", 1, "smtp-banner-mangled", points="middlebox", forbid=["ehlo-keyword-masked", "starttls-stripped"])
    c = stage.session().talk("S 220 *** mx.example.com ***\nC EHLO client.example.org\nS 250 mx.example.com")
    stage.bye(c, "asterisks beside a name", forbid=["smtp-banner-mangled"])

    c = stage.hello(MASKED)
    stage.bye(data(envelope(c)), "STARTTLS painted over", 1, "starttls-stripped", ["ehlo-keyword-masked", "starttls-stripped"],
              ["starttls-not-offered", "ext-param-not-offered"], "middlebox")
    c = stage.hello(("PIPELINING", "XXXXXX"))
    stage.bye(data(envelope(c)), "another keyword painted over", 1, "ehlo-keyword-masked", forbid=["starttls-stripped"], points="middlebox")
    c = stage.hello(("PIPELINING", "STARTTLS", "XCLIENT NAME ADDR", "X-EXPS", "XEXCH50"))
    stage.bye(data(envelope(c)), "private keywords", 1, forbid=["ehlo-keyword-masked", "starttls-stripped"])
    c = stage.hello().talk("C XXXX client\nS 500 5.5.1 Command unrecognized")
    stage.bye(c, "a command painted over", 0, "ehlo-keyword-masked", forbid=["starttls-stripped"], allow="command-unrecognized")

    c = stage.session()
    c.server("421 4.3.0 mx.example.com Server local error", dt=5.0, ack=False)
    stage.end(c, "waits for a PROXY line", 0, "proxy-protocol-expected", "proxy-protocol-expected", ["proxy-protocol-unexpected"])
    c = stage.session(apart=8)
    c.server("421 4.3.0 mx.example.com Server local error", ack=False)
    stage.end(c, "the same at once", 0, ["server-local-error", "greeting-rejected"], forbid=["proxy-protocol-expected"])
    c = stage.session()
    c.client("PROXY TCP4 203.0.113.7 192.0.2.10 5000 25", ack=False)
    c.talk("S 220 mx.example.com ESMTP\nS 502 5.5.2 Error: command not recognized")
    stage.bye(c, "PROXY line to a server that does not know it", 0, "proxy-protocol-unexpected", points="client",
              forbid=["proxy-protocol-expected"], allow=["early-talker-rejected", "early-talker"])
    c = stage.session()
    c.client(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12), ack=False)
    c.talk("S 220 mx.example.com ESMTP\nS 500 5.5.2 Error: bad syntax\nS 500 5.5.2 Error: bad syntax\nS 500 5.5.2 Error: bad syntax\nS 221 bye")
    stage.end(c, "PROXY header, version 2", 0, ["proxy-protocol-unexpected", "early-talker-rejected"], also="proxy-protocol-unexpected")
    c = stage.session()
    c.client("PROXY TCP4 203.0.113.7 192.0.2.10 5000 25", ack=False)
    c.talk("S 220 mx.example.com ESMTP\nC EHLO client.example.org\nS 250 mx.example.com")
    stage.bye(data(envelope(c)), "a server that knows it", 1, forbid=["proxy-protocol-unexpected", "early-talker-rejected", "proxy-protocol-expected"])

    for name, wrong in (("client", True), ("192.0.2.10", True), ("cli_ent!.example.org", True), ("mx.example.com", True),
                        ("[192.0.2.10]", False), ("client.example.org", False)):
        c = stage.hello(name=name)
        stage.bye(data(envelope(c)), f"EHLO {name}", 1, also="helo-argument-invalid" if wrong else (), forbid=() if wrong else ["helo-argument-invalid"])
    c = stage.session().talk("S 220 mx.google.com ESMTP a1-20020 - gsmtp\nC EHLO box\nS 501 5.5.4 HELO/EHLO argument is invalid. a1 - gsmtp")
    stage.bye(c, "the server says so", 0, "helo-argument-invalid", points="client")

    c = stage.session().talk("S 220 mx.example.com\nC EHLO client.example.org\nS 502 what\nC HELO client.example.org\nS 250 mx.example.com")
    stage.bye(data(envelope(c)), "HELO instead", 1, also="ehlo-fallback-helo", forbid=["command-unrecognized", "helo-rejected"])
    c = stage.session().talk("S 220 mx.example.com\nC HELO client.example.org\nS 250 mx.example.com")
    stage.bye(data(envelope(c)), "HELO from the beginning", 1, forbid=["ehlo-fallback-helo", "starttls-not-offered"])
    c = stage.session().talk("S 220 mx.example.com\nC EHLO client.example.org\nS 500 what")
    stage.bye(c, "EHLO unknown, no HELO", 0, "command-unrecognized", forbid=["ehlo-fallback-helo", "helo-rejected"], points="server")

    c = stage.session().talk("S 220 mx.example.com\nC EHLO client.example.org\nS 250-STARTTLS\n250-PIPELINING\n250 SIZE")
    stage.bye(data(envelope(c)), "a keyword where the name belongs", 1, "ehlo-reply-order", points="server")
    c = stage.session().talk("S 220 mx.example.com\nC EHLO client.example.org\nS 250-size.example.com\n250-STARTTLS\n250 SIZE")
    stage.bye(data(envelope(c)), "a name that begins like a keyword", 1, forbid=["ehlo-reply-order"])

    c = stage.hello(name="mx.example.com", client="198.51.100.25")
    stage.bye(c, "a host that reaches itself", 0, "mail-loops-to-self", points="client", forbid=["helo-argument-invalid"])
    c = stage.hello(name="mx.example.com", client="198.51.100.25")
    stage.bye(data(envelope(c)), "a host that sends mail to itself", 1, forbid=["mail-loops-to-self"])
    c = stage.hello(name="mx.example.com")
    stage.bye(c, "a host that leaves one with its own name", 0, "mail-loops-to-self", points="client")
    c = stage.hello(name="mx.example.com")
    stage.bye(data(envelope(c)), "a host that sends mail to one with its own name", 1, forbid=["mail-loops-to-self"])
    return stage.net


@scene("forms.pcap", """Commands and replies: line ends, control bytes, lengths, codes, numbers of replies. Near misses of each.""")
def forms(true):
    stage = Stage(true)

    c = stage.hello()
    c.client(b"MAIL FROM:<ann@example.org>\n", ack=False)
    c.talk("S 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok")
    stage.bye(data(c), "LF alone", 1, also="bare-lf-command", forbid=["nul-or-control-in-command", "bare-lf-content"])
    c = stage.hello()
    c.client(b"NOOP a\x01b\r\n", ack=False)
    stage.bye(c.talk("S 250 ok"), "a control byte", 0, "nul-or-control-in-command", points="client", forbid=["bare-lf-command"])
    c = stage.hello((*WORDS, "SMTPUTF8"))
    c.client("MAIL FROM:<änn@example.org> SMTPUTF8".encode() + b"\r\n", ack=False)
    c.talk("S 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok")
    stage.bye(data(c), "letters beyond ASCII, declared", 1, forbid=["nul-or-control-in-command", "smtputf8-required", "command-line-too-long"])

    long = "a" * 700
    c = stage.hello().talk(f"C MAIL FROM:<{long}@example.org>\nS 500 5.5.2 Error: line too long")
    stage.bye(c, "a long line, refused", 0, "command-line-too-long", points="client", forbid=["command-unrecognized", "syntax-error-args"])
    c = stage.hello().talk(f"C MAIL FROM:<{'a' * 300}@example.org>\nS 500 5.5.2 Error: line too long")
    stage.bye(c, "a line that is not long, refused", 0, "command-line-too-long", points="server")
    c = stage.hello().talk(f"C MAIL FROM:<{'a' * 480}@example.org> SIZE=1000 BODY=8BITMIME\nS 250 ok")
    stage.bye(c, "as long as the extensions allow", 0, forbid=["command-line-too-long"])

    c = stage.hello().talk(f"C NOOP\nS 250 {'x' * 600}")
    stage.bye(c, "a long reply", also="reply-line-too-long", forbid=["reply-code-invalid"])
    c = stage.hello().talk(f"C NOOP\nS 250-{'x' * 400}\n250 {'x' * 400}")
    stage.bye(c, "two lines", forbid=["reply-line-too-long", "reply-multiline-inconsistent"])

    c = stage.hello().talk("C NOOP\nS perl: warning: setting locale failed\nS 250 ok")
    stage.bye(c, "a line that is no reply", 0, "reply-code-invalid", points="server", forbid=["reply-unsolicited"])
    c = stage.hello().talk("C MAIL FROM:<ann@example.org>\nS 591 not from there")
    stage.bye(c, "a second digit that is none", 0, also="reply-code-invalid", primary=["permanent-reject-unclassified"])
    c = stage.hello().talk("C MAIL FROM:<ann@example.org>\nS 259 fine")
    stage.bye(c, "an odd code", forbid=["reply-code-invalid", "reply-class-impossible"])

    c = stage.session().talk("S 220 mx.example.com\nC EHLO client.example.org\nS 250-mx.example.com\n250-STARTTLS\n220 ok")
    stage.bye(data(envelope(c)), "two codes", 1, "reply-multiline-inconsistent", points="server", forbid=["reply-class-impossible"])
    c = stage.session().talk("S 220 mx.example.com\nC EHLO client.example.org\nS 250-mx.example.com\n250 STARTTLS")
    stage.bye(data(envelope(c)), "one code", 1, forbid=["reply-multiline-inconsistent"])

    c = envelope(stage.hello()).talk("C DATA\nS 250 send it")
    stage.bye(c, "DATA answered 250", 0, "reply-class-impossible", points="server")
    c = envelope(stage.hello()).talk("C NOOP\nS 252 cannot say")
    stage.bye(data(c), "another code of the right class", 1, forbid=["reply-class-impossible"])

    c = stage.hello().talk("C NOOP\nS 250 ok\nS 250 ok\nC NOOP\nS 250 ok")
    stage.bye(c, "one reply too many", 0, ["reply-count-mismatch", "reply-unsolicited"], ["reply-count-mismatch", "reply-unsolicited"], points="server")
    c = stage.hello()
    c.server("421 4.3.2 going down", dt=0.5, ack=False)
    stage.end(c, "421 unasked", 0, forbid=["reply-unsolicited", "reply-count-mismatch"], primary=(), allow="service-shutdown")

    c = stage.session().talk("S 220 mx.example.com\nC GET / HTTP/1.1\nS 221 2.7.0 Error: I can break rules, too. Goodbye.")
    stage.end(c, "a browser", 0, also="non-smtp-client", forbid=["command-unrecognized"])
    c = stage.session().talk("S 220 mx.example.com\nC HELLO there\nS 500 what")
    stage.bye(c, "a typing error", 0, forbid=["non-smtp-client"])

    c = stage.hello().talk("C MAIL FROM:<ann@example.org>\nS 550 5.7.1 not from you\nC RCPT TO:<bob@example.com>\nS 503 5.5.1 need MAIL")
    stage.bye(c, "goes on after a refusal", 0, "policy-reject", "root-reply-ignored", ["bad-sequence-disputed"])
    c = stage.hello()
    c.client("MAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.com>", ack=False)
    c.server("550 5.7.1 not from you\n503 5.5.1 need MAIL", ack=False)
    stage.bye(c, "in one group", 0, "policy-reject", forbid=["root-reply-ignored", "bad-sequence-503", "bad-sequence-disputed"])
    return stage.net


@scene("refused-commands.pcap", """Commands refused for what they are: unknown, offered and refused, arguments, parameters. Near misses of each.""")
def refused_commands(true):
    stage = Stage(true)

    c = stage.hello().talk("C MAIL FROM:<ann@example.org>\nS 502 5.5.2 Error: command not recognized")
    stage.bye(c, "MAIL unknown", 0, "command-unrecognized", points="server", forbid=["syntax-error-args"])
    c = stage.hello().talk("C EXPN staff\nS 502 5.5.1 no\nC VRFY bob\nS 502 5.5.1 no")
    stage.bye(data(envelope(c)), "VRFY and EXPN may be refused", 1, forbid=["command-unrecognized"])
    c = envelope(stage.hello()).talk("C BDAT 10 LAST\nS 500 5.5.1 what")
    stage.bye(c, "BDAT offered and unknown", 0, "server-advertised-but-refused", forbid=["command-unrecognized", "bdat-not-offered"], points="server")
    c = stage.hello(("PIPELINING", "STARTTLS"))
    c = envelope(c).talk("C BDAT 10 LAST\nS 500 5.5.1 what")
    stage.bye(c, "BDAT not offered", 0, ["command-unrecognized"], "bdat-not-offered", ["server-advertised-but-refused"])

    c = stage.hello().talk("C MAIL FROM:ann@example.org\nS 501 5.1.7 Bad sender address syntax")
    stage.bye(c, "no angle brackets", 0, ["syntax-error-args", "sender-syntax-invalid"], forbid=["ext-param-not-offered"], points="client")
    c = stage.hello().talk("C RSET now\nS 501 5.5.4 Syntax: RSET")
    stage.bye(data(envelope(c)), "an argument too much, not on the way to a mail", 1, forbid=["ext-param-not-offered"], allow="syntax-error-args")
    c = stage.hello().talk("C MAIL FROM:<ann @example.org>\nS 501 5.5.4 Syntax: MAIL FROM:<address>")
    stage.bye(c, "a blank inside", 0, "syntax-error-args", forbid=["ext-param-rejected", "ext-param-not-offered", "command-unrecognized"])

    few = ("PIPELINING", "STARTTLS")
    c = stage.hello(few).talk("C MAIL FROM:<ann@example.org> RET=HDRS\nS 555 5.5.4 Unsupported option: RET=HDRS")
    stage.bye(c, "a parameter that was not offered", 0, "ext-param-not-offered", forbid=["ext-param-rejected", "syntax-error-args"], points="client")
    c = stage.hello(few).talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com> NOTIFY=NEVER\nS 501 5.7.1 DSN support is disabled")
    stage.bye(c, "of RCPT, as Postfix answers", 0, "ext-param-not-offered", points="client")
    c = stage.hello(few)
    stage.bye(data(envelope(c, mail=" SIZE=300")), "taken all the same", 1, "ext-param-not-offered", forbid=["ext-param-rejected"])
    c = stage.hello()
    stage.bye(data(envelope(c, mail=" SIZE=300 BODY=8BITMIME RET=HDRS", rcpt=" NOTIFY=NEVER")), "all offered", 1, forbid=["ext-param-not-offered", "ext-param-rejected"])
    c = stage.hello().talk("C MAIL FROM:<ann@example.org> BODY=9BIT\nS 555 5.5.4 Unsupported BODY type")
    stage.bye(c, "offered, and the value refused", 0, "ext-param-rejected", forbid=["ext-param-not-offered"], points="server")

    c = stage.hello()
    c.client("MAIL FROM:<änn@example.org>".encode() + b"\r\n", ack=False)
    stage.bye(c.talk("S 501 5.1.7 bad address"), "letters beyond ASCII without SMTPUTF8", 0, ["smtputf8-required"], points="client")
    c = stage.hello()
    c.client("MAIL FROM:<änn@example.org>".encode() + b"\r\n", ack=False)
    c.talk("S 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok")
    stage.bye(data(c), "taken all the same", 1, also="smtputf8-required")
    return stage.net


@scene("pipelining.pcap", """What is sent before the thing before it is answered, and content nobody asked for. Near misses of each.""")
def pipelining(true):
    stage = Stage(true)
    few = ("SIZE 10240000", "STARTTLS")

    def group(c):
        c.client("MAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.com>", ack=False)
        return c.server("250 ok\n250 ok", ack=False)

    stage.bye(data(group(stage.hello(few))), "without leave", 1, also="pipelining-not-offered", forbid=["pipelining-group-violation", "pipelining-rejected"])
    stage.bye(data(group(stage.hello())), "with leave", 1, forbid=["pipelining-not-offered", "pipelining-group-violation"])
    c = envelope(stage.hello(few))
    c.wait(20).client("QUIT", ack=False)
    stage.end(c.server("221 bye", ack=False), "a client that waits for each reply", 0, forbid=["pipelining-not-offered"])

    c = stage.session().talk("S 220 mx.example.com")
    c.client("EHLO client.example.org\nMAIL FROM:<ann@example.org>", ack=False)
    c.server("250-mx.example.com\n250-STARTTLS\n250 PIPELINING\n250 ok", ack=False)
    stage.bye(data(c.talk("C RCPT TO:<bob@example.com>\nS 250 ok")), "behind EHLO", 1, "pipelining-group-violation", forbid=["pipelining-not-offered", "early-talker"])
    c = envelope(stage.hello())
    c.talk("C DATA\nS 354 go")
    c.client(b"hello\r\n.\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n", ack=False)
    c.server("250 ok\n250 ok\n250 ok\n354 go", ack=False)
    c.client(b"again\r\n.\r\n", ack=False)
    stage.bye(c.server("250 ok", ack=False), "behind the end of content", 2, forbid=["pipelining-group-violation", "pipelining-not-offered", "data-before-354"])

    c = envelope(stage.hello()).talk("C DATA\nS 503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining")
    stage.bye(c, "refused for it", 0, "pipelining-rejected", forbid=["bad-sequence-disputed", "early-talker-rejected"], points="client")
    c = stage.session()
    c.client("EHLO client.example.org", ack=False)
    c.talk("S 554 SMTP synchronization error")
    stage.end(c, "the same words for early talk", 0, "early-talker-rejected", forbid=["pipelining-rejected"])

    c = envelope(stage.hello())
    c.client("DATA\nSubject: a\n\nhello\n.", ack=False)
    c.server("354 go", ack=False)
    stage.bye(c.server("250 ok", ack=False), "content before 354", 1, "data-before-354", points="client", forbid=["data-after-rejection"])
    stage.bye(data(envelope(stage.hello())), "content behind 354", 1, forbid=["data-before-354", "data-after-rejection"])
    c = envelope(stage.hello())
    c.client("DATA\nSubject: a\n\nhello\n.", ack=False)
    c.server("554 5.7.1 no mail today\n500 what\n500 what\n500 what\n500 what", ack=False)
    stage.bye(c, "content before a refusal", 0, ["data-before-354", "policy-reject"], "data-before-354", ["data-after-rejection"])
    c = envelope(stage.hello()).talk("C DATA\nS 554 5.7.1 no mail today")
    c.client("Subject: a\n\nhello\n.", ack=False)
    c.server("500 what\n500 what\n500 what\n500 what", ack=False)
    stage.bye(c, "content behind a refusal", 0, "policy-reject", "data-after-rejection", ["data-before-354", "command-unrecognized"])
    c = envelope(stage.hello()).talk("C DATA\nS 554 5.7.1 no mail today")
    stage.bye(c, "a refusal that is heard", 0, "policy-reject", forbid=["data-after-rejection", "data-before-354"])
    return stage.net


assert C and S
