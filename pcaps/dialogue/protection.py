"""protection - logins and STARTTLS in clear: each rule with what nearly raises it."""
from craft import client_hello, record, server_hello, tls12, hidden
from scene import scene
from short import C, S, WORDS, Stage, data, envelope, refuse

AUTH = ["auth-failed", "auth-mechanism-unsupported", "auth-not-offered", "auth-requires-tls", "auth-too-weak", "auth-app-password-required",
        "auth-basic-disabled", "auth-temp-failure", "auth-account-disabled", "auth-password-transition", "auth-not-authorized",
        "auth-line-too-long", "auth-rate-limited", "auth-cancelled", "auth-malformed", "auth-repeated-after-success"]


@scene("logins.pcap", """What a refused login means, one session for each, the others being its near misses; passwords in clear.""")
def logins(true):
    stage = Stage(true)

    def but(*kept):
        return [r for r in AUTH if r not in kept]

    rows = (("auth-failed", "client", "535 5.7.8 Error: authentication failed: wrong password"),
            ("auth-temp-failure", "server", "454 4.7.0 Temporary authentication failure"),
            ("auth-app-password-required", "policy", "534 5.7.9 Application-specific password required."),
            ("auth-basic-disabled", "policy", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."),
            ("auth-too-weak", "policy", "534 5.7.9 that one is too easy"),
            ("auth-account-disabled", "client", "525 5.7.13 gone"),
            ("auth-password-transition", "client", "432 4.7.12 once with the old one"),
            ("auth-not-authorized", "client", "554 Access denied: User `joe' is not authorized to perform `ses:SendRawEmail' on resource"),
            ("auth-line-too-long", "client", "500 5.5.6 what a ticket"),
            ("auth-rate-limited", "policy", "454 4.7.0 Too many login attempts, please try again later."))
    for rule, party, reply in rows:
        stage.bye(refuse(stage, "auth", reply), f"{rule}: {reply}", 0, rule, [rule, "plaintext-auth"], but(rule), party)

    c = stage.hello().talk("C AUTH CRAM-MD5\nS 504 5.5.4 Unrecognized authentication type")
    stage.bye(c, "a mechanism the server does not list", 0, "auth-mechanism-unsupported", forbid=but("auth-mechanism-unsupported") + ["plaintext-auth"], points="client")
    c = stage.hello().talk("C AUTH PLAIN AGFubgBzZWNyZXQ=\nS 535 5.7.8 Error: authentication failed: Invalid authentication mechanism")
    stage.bye(c, "and in words", 0, "auth-mechanism-unsupported", forbid=but("auth-mechanism-unsupported"))
    c = stage.hello(("PIPELINING", "STARTTLS")).talk("C AUTH PLAIN AGFubgBzZWNyZXQ=\nS 503 5.5.1 Error: authentication not enabled")
    stage.bye(c, "not offered here", 0, "auth-not-offered", forbid=but("auth-not-offered") + ["bad-sequence-disputed"])
    c = stage.hello().talk("C AUTH LOGIN\nS 538 5.7.11 Encryption required for requested authentication mechanism")
    stage.bye(c, "TLS first", 0, "auth-requires-tls", forbid=but("auth-requires-tls") + ["plaintext-auth"])
    c = stage.hello().talk("C AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC *\nS 501 5.7.0 Authentication aborted")
    stage.bye(c, "given up", 0, "auth-cancelled", forbid=but("auth-cancelled") + ["plaintext-auth"], points="client")
    c = stage.hello().talk("C AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC not base 64!\nS 501 5.5.2 cannot decode that")
    stage.bye(c, "no base64", 0, "auth-malformed", forbid=but("auth-malformed"), points="client")
    c = stage.hello().talk("C AUTH PLAIN AGFubgBzZWNyZXQ=\nS 235 2.7.0 ok\nC AUTH PLAIN AGFubgBzZWNyZXQ=\nS 503 5.5.1 Error: already authenticated")
    stage.bye(data(envelope(c)), "twice", 1, "plaintext-auth", "auth-repeated-after-success", but("auth-repeated-after-success"))
    c = stage.hello().talk("C MAIL FROM:<ann@example.org>\nS 530 5.7.0 Authentication required")
    stage.bye(c, "login first", 0, "auth-required", forbid=["starttls-required", "auth-requires-tls", "policy-reject"], points="client")
    c = stage.hello(("PIPELINING", "STARTTLS")).talk("C MAIL FROM:<ann@example.org>\nS 530 5.7.0 Must issue a STARTTLS command first")
    stage.bye(c, "STARTTLS first", 0, "starttls-required", forbid=["auth-required"], points="client")

    ok = "C AUTH PLAIN AGFubgBzZWNyZXQ=\nS 235 2.7.0 ok"
    stage.bye(data(envelope(stage.hello().talk(ok))), "a password in clear", 1, "plaintext-auth", forbid=AUTH + ["auth-without-tls"])
    words = ("PIPELINING", "STARTTLS", "AUTH CRAM-MD5")
    c = stage.hello(words).talk("C AUTH CRAM-MD5\nS 334 PDEyMz4=\nC YW5uIDEyMw==\nS 235 2.7.0 ok")
    stage.bye(data(envelope(c)), "a challenge in clear", 1, also="auth-without-tls", forbid=["plaintext-auth"])
    c = stage.hello().talk("C STARTTLS\nS 220 go")
    tls12(c)
    for n, side in enumerate((C, S, C, S)):
        hidden(c, side, 80, n)
    true(c.close(C), "inside TLS", 0, forbid=["plaintext-auth", "auth-without-tls", "starttls-not-offered", "starttls-refused",
                                             "starttls-injection", "starttls-response-injection", "starttls-then-plaintext",
                                             "starttls-handshake-missing", "tls-to-plaintext-port", "plaintext-to-tls-port"])
    return stage.net


@scene("starttls.pcap", "STARTTLS not offered, refused, ignored, never begun, with clear text around it; ports mixed up. Near misses of each.")
def starttls(true):
    stage = Stage(true)
    without = ("PIPELINING", "SIZE 10240000")

    stage.bye(stage.hello(without), "not offered, and the client leaves", also="starttls-not-offered", forbid=["starttls-stripped", "starttls-refused"])
    stage.bye(data(envelope(stage.hello(without))), "not offered, and mail goes in clear", 1, also="starttls-not-offered", forbid=["starttls-stripped", "plaintext-auth"])
    stage.bye(data(envelope(stage.hello(without, port=587))), "at the submission port", 1, "starttls-not-offered")
    stage.bye(data(envelope(stage.hello(without, client="10.1.2.3", server="10.1.2.25", port=587))), "the same inside one's own walls", 1, also="starttls-not-offered")
    stage.bye(data(envelope(stage.hello())), "offered and not used", 1, forbid=["starttls-not-offered"])
    c = stage.hello((*without, "AUTH PLAIN"), port=587).talk("C AUTH PLAIN AGFubgBzZWNyZXQ=\nS 235 ok")
    stage.bye(data(envelope(c)), "not offered at the submission port", 1, "plaintext-auth", "starttls-not-offered")

    c = refuse(stage, "starttls", "454 4.7.0 TLS not available due to local problem")
    stage.bye(c, "refused", 0, "starttls-refused", forbid=["starttls-required", "starttls-handshake-missing"], points="server")
    c = refuse(stage, "starttls", "454 4.7.0 TLS not available due to local problem")
    stage.bye(data(envelope(c)), "refused, and on in clear", 1, also="starttls-refused", primary=(), allow="starttls-refused")

    c = stage.hello().talk("C STARTTLS\nS 220 go\nC EHLO client.example.org\nS 250 mx.example.com")
    stage.bye(c, "on in clear after 220", 0, "starttls-then-plaintext", forbid=["starttls-handshake-missing", "starttls-injection"], points="client")
    c = stage.hello().talk("C STARTTLS\nS 220 go")
    c.seg(C)
    c.end(C, dt=1.0).end(S)
    c.seg(C)
    true(c, "closes after 220", 0, ["starttls-handshake-missing"], forbid=["starttls-then-plaintext", "starttls-timeout"], points=["client"])
    c = stage.hello().talk("C STARTTLS\nS 220 go")
    c.client(client_hello(), ack=False)
    c.server(record(21, b"\2\x28"), ack=False)
    true(c.close(S), "a handshake that fails", 0, ["tls-alert-handshake-failure", "tls-cipher-mismatch"],
         forbid=["starttls-handshake-missing", "starttls-then-plaintext"])

    c = stage.hello()
    c.client(b"STARTTLS\r\nMAIL FROM:<eve@example.net>\r\n", ack=False)
    c.server("220 go", ack=False)
    tls12(c)
    hidden(c, C, 60, 1)
    hidden(c, S, 60, 2)
    true(c.close(C), "a command behind STARTTLS", 0, ["starttls-injection"], forbid=["starttls-response-injection", "starttls-then-plaintext"])
    c = stage.hello().talk("C STARTTLS\nS 220 go\n250 injected")
    tls12(c)
    hidden(c, C, 60, 1)
    hidden(c, S, 60, 2)
    true(c.close(C), "a reply behind 220", 0, ["starttls-response-injection"], forbid=["starttls-injection"])

    c = stage.session(port=587)
    c.server("220 mx.example.com ESMTP", ack=False)
    c.client(client_hello(), ack=False)
    c.server("500 5.5.2 Error: bad syntax", ack=False)
    true(c.close(C), "TLS to a plain port", 0, ["tls-to-plaintext-port"], forbid=["plaintext-to-tls-port"], points=["client"])
    c = stage.session(port=587)
    c.client(client_hello(), ack=False)
    c.server(server_hello(), ack=False)
    true(c.close(C), "TLS to a port that speaks it", 0, forbid=["tls-to-plaintext-port"], allow=["tls-silent-close-after-server-flight"])
    c = stage.session(port=465)
    c.client("EHLO client.example.org", ack=False)
    c.seg(S)
    c.end(S, dt=0.1).end(C)
    c.seg(S)
    true(c, "plain to the TLS port", 0, ["plaintext-to-tls-port"],
         forbid=["tls-to-plaintext-port", "implicit-tls-deadlock", "server-closed-mid-session"], points=["client"])
    c = stage.session(port=465)
    c.client("EHLO client.example.org", ack=False)
    c.seg(S)
    c.end(C, dt=30.0).end(S)
    c.seg(C)
    true(c, "plain to the TLS port, which says nothing", 0, ["plaintext-to-tls-port"],
         forbid=["greeting-timeout", "client-abort-greeting", "early-talker"], points=["client"])
    c = stage.hello().talk("C STARTTLS\nS 220 go\nC EHLO client.example.org")
    true(c.close(S), "on in clear after 220, and the server closes", 0, ["starttls-then-plaintext"], forbid=["server-closed-mid-session"],
         points=["client"])
    c = stage.session(port=465)
    c.hello(keywords=WORDS)
    stage.bye(data(envelope(c)), "a server that speaks clear text on 465", 1, forbid=["plaintext-to-tls-port", "tls-to-plaintext-port", "starttls-not-offered"])
    return stage.net
