"""failures - handshakes that fail, and sessions that end behind one: each rule with what nearly raises it."""
from craft import ACK, C, PSH, S, record
from handshakes import (AES13, CBC, CCS, GCM, GCM_RSA, GOOD, client_hello, close_notify, data, extension, filler, finish12, flight12, flight13, hello13,
                        key_exchange, mail, server_hello, tls12, tls13)
from scene import scene
from short import Stage
import x509

ENDS = ["tls-alert-handshake-failure", "tls-cipher-mismatch", "tls-version-mismatch", "tls-alert-unknown-ca", "tls-alert-bad-certificate",
        "tls-alert-certificate-revoked", "tls-alert-certificate-expired", "tls-alert-certificate-unknown", "tls-alert-unrecognized-name",
        "tls-alert-internal-error", "tls-alert-access-denied", "tls-alert-other", "tls-plaintext-mixup", "tls13-abort-by-client",
        "tls-silent-close-after-server-flight", "tls-reset-after-clienthello", "tls-no-serverhello", "tls13-encrypted-abort-by-server",
        "tls-closed-after-handshake", "tls-session-closed-by-server", "tls-encrypted-alert", "tcp-reset-by-server-tls", "tcp-reset-by-client-tls",
        "starttls-timeout", "client-abort-tls", "server-closed-mid-session"]


def but(*kept):
    return [r for r in ENDS if r not in kept]


class Tls(Stage):
    def start(self, port=25, **more):
        """To the byte where TLS begins."""
        if port == 465:
            return self.session(port=465, **more)
        return self.hello(port=port, **more).talk("C STARTTLS\nS 220 2.0.0 Ready to start TLS")

    def over(self, c, outcome, primary=(), also=(), party=(), first=C, forbid=None, allow=()):
        """Close; nothing else of ENDS is told."""
        primary, also = [[x] if isinstance(x, str) else list(x) for x in (primary, also)]
        c.close(first)
        self.true(c, outcome, 0, primary, also or primary, but(*primary, *also, *allow) + list(forbid or ()), list(allow),
                  [party] if isinstance(party, str) else list(party))


def alert(c, side, description, level=2):
    return c.say(side, record(21, bytes([level, description])), ack=False)


@scene("alerts.pcap", "What alerts mean, by who sent them; warnings after which the session goes on are near misses of each.")
def alerts(true):
    stage = Tls(true)
    rows = ((40, S, "tls-alert-handshake-failure", "unknown"), (71, S, "tls-cipher-mismatch", "client"), (70, S, "tls-version-mismatch", "client"),
            (86, S, "tls-version-mismatch", "client"), (112, S, "tls-alert-unrecognized-name", "client"), (80, S, "tls-alert-internal-error", "server"),
            (49, S, "tls-alert-access-denied", "policy"), (10, S, "tls-alert-other", "client"), (200, S, "tls-alert-other", "client"),
            (22, S, "tls-plaintext-mixup", "client"))
    for n, side, rule, party in rows:
        c = stage.start().client(client_hello(), ack=False)
        stage.over(alert(c, side, n), f"alert {n} by the server", rule, party=party, first=S)
    rows = ((48, "tls-alert-unknown-ca"), (42, "tls-alert-bad-certificate"), (43, "tls-alert-bad-certificate"), (113, "tls-alert-bad-certificate"),
            (44, "tls-alert-certificate-revoked"), (45, "tls-alert-certificate-expired"), (46, "tls-alert-certificate-unknown"),
            (40, "tls-alert-handshake-failure"), (51, "tls-alert-other"))
    for n, rule in rows:
        c = stage.start().client(client_hello(), ack=False).server(flight12(), ack=False)
        stage.over(alert(c, C, n), f"alert {n} by the client", rule, party="server")
    c = stage.start().client(hello13(), ack=False).server(flight13(), ack=False)
    stage.over(alert(c, C, 48), "TLS 1.3, in clear as OpenSSL does", "tls-alert-unknown-ca", party="server", forbid=["cert-self-signed"])
    c = stage.start().client(client_hello(), ack=False).server(flight12(request=True), ack=False)
    c.client(key_exchange(()) + finish12(), ack=False)
    stage.over(alert(c, S, 50), "a client certificate asked for and not shown, as GnuTLS says it", "tls-alert-other", party="client", first=S)
    c = stage.start().client(client_hello(ciphers=(0x009E, GCM_RSA)), ack=False).server(flight12(cipher=0x009E, prime=1024), ack=False)
    stage.over(alert(c, C, 40), "a small Diffie-Hellman prime", "tls-alert-handshake-failure", ["tls-alert-handshake-failure", "tls-legacy"], party="server")
    for n in (112, 100):
        c = stage.start().client(client_hello(), ack=False)
        c.server(record(21, bytes([1, n])) + flight12(), ack=False)
        c.client(key_exchange() + finish12(), ack=False).server(finish12(11), ack=False)
        stage.over(mail(c), f"a warning {n}, and on", first=S)
    c = tls12(stage.start())
    mail(c)
    close_notify(c, S)
    stage.over(close_notify(c, C), "healthy, with close_notify", first=S)
    return stage.net


@scene("hellos.pcap", "A ClientHello that is not answered: reset at once, hung up on, too old; and answered ones.")
def hellos(true):
    stage = Tls(true)
    big = client_hello(more=extension(51, b"\4\xc4\x11\xec\4\xc0" + filler(3, 1216)))
    c = stage.start().client(big)
    c.reset(S, dt=0.012)
    true(c, "reset at once", 0, ["tls-reset-after-clienthello"], forbid=but("tls-reset-after-clienthello", "tcp-reset-by-server-tls"), points=["server"])
    c = stage.start().client(client_hello())
    c.reset(S, dt=1.5)
    true(c, "reset later", 0, ["tls-no-serverhello"], forbid=but("tls-no-serverhello", "tcp-reset-by-server-tls"), points=["server"])
    stage.over(stage.start().client(client_hello()), "hung up on", "tls-no-serverhello", party="server", first=S)
    stage.over(stage.start().client(client_hello(legacy=0x0301)), "hung up on a hello of TLS 1.0", "tls-version-mismatch", party="client", first=S)
    c = tls12(stage.start())
    data(c, C, 40), data(c, S, 120)
    c.reset(S, dt=0.4)
    true(c, "reset inside TLS", 0, allow=["tcp-reset-by-server-tls"], forbid=["tls-reset-after-clienthello", "tls-no-serverhello"])
    return stage.net


def turned_away(stage, ciphers, what, server):
    """Three handshakes that come up with AES-GCM, and one offer that is answered with alert 40."""
    for _ in range(3):
        stage.over(mail(tls12(stage.start(server=server))), f"{what}: another client", first=S)
    c = stage.start(client="192.0.2.77", server=server).client(client_hello(ciphers=ciphers), ack=False)
    stage.over(alert(c, S, 40), what, "tls-alert-handshake-failure", party="unknown", first=S)


@scene("choices.pcap", "A client is turned away with ciphers that this server never chose for others.", expect=["tls-cipher-mismatch"])
def choices(true):
    stage = Tls(true)
    turned_away(stage, (0x002F, 0x000A), "old ciphers alone", "198.51.100.25")
    return stage.net


@scene("choices-other.pcap", "Turned away with a cipher that this server chose for others: not for lack of one.", never=["tls-cipher-mismatch"])
def choices_other(true):
    stage = Tls(true)
    turned_away(stage, (0x002F, GCM), "a common cipher", "198.51.100.25")
    return stage.net


@scene("left.pcap", "Sessions left in or right behind the handshake, by either side, and ones that carry mail.")
def left(true):
    stage = Tls(true)

    # TLS 1.2
    c = stage.start().client(client_hello(), ack=False).server(flight12(), ack=False)
    stage.over(c, "the client closes without a word", "tls-silent-close-after-server-flight", party="client")
    c = data(data(tls12(stage.start()), C, 30), S, 39)
    stage.over(c, "QUIT behind the handshake", "tls-closed-after-handshake", party="client", first=S)
    c = close_notify(tls12(stage.start()), C)
    stage.over(c, "a close_notify behind the handshake", (), "tls-closed-after-handshake", allow=["tls-closed-after-handshake"])
    c = data(data(tls12(stage.start(), cipher=CBC), C, 64), S, 64)
    stage.over(c, "QUIT in blocks that pad", "tls-closed-after-handshake", party="client", first=S)
    c = data(data(tls12(stage.start(), cipher=CBC), C, 64), S, 160)
    data(data(c, C, 64), S, 64)
    stage.over(c, "EHLO in blocks that pad, and its answer", first=S)
    c = data(data(tls12(stage.start()), C, 24 + 15), S, 24 + 80)
    data(data(c, C, 30), S, 39)
    stage.over(c, "a short EHLO, then QUIT: only a look", first=S)
    c = tls12(stage.start()).wait(20)
    stage.over(data(data(c, C, 30), S, 39), "QUIT after a while", first=S)
    stage.over(mail(tls12(stage.start(465))), "mail on 465", first=S)

    # TLS 1.3
    c = stage.start().client(hello13(), ack=False).server(flight13(), ack=False)
    stage.over(c.client(CCS + record(23, filler(1, 19)), ack=False), "an alert in place of the Finished", "tls13-abort-by-client")
    c = stage.start().client(hello13(), ack=False).server(flight13(), ack=False)
    stage.over(c.client(CCS + record(23, filler(1, 35)), ack=False), "the same, padded as Java does", "tls13-abort-by-client")
    c = stage.start().client(hello13(), ack=False).server(flight13(), ack=False)
    stage.over(c, "no word at all", "tls-silent-close-after-server-flight", party="client")
    c = data(tls13(stage.start()), C, 23, 19)
    stage.over(c, "QUIT and close_notify, as Postfix does", "tls-closed-after-handshake", party="client")
    c = stage.start().client(hello13(), ack=False).server(flight13(), ack=False)
    c.client(CCS + record(23, filler(6, 25)) + record(23, filler(7, 53)), ack=False)
    stage.over(data(c, C, 23), "QUIT, behind an empty Certificate", "tls-closed-after-handshake", party="client")
    c = tls13(stage.start(), tickets=False)
    stage.over(data(c, C, 23), "QUIT, and the server closes", "tls-closed-after-handshake", party="client", first=S)
    c = tls13(stage.start(465))
    stage.over(data(c, C, 19), "close_notify", (), "tls-closed-after-handshake", allow=["tls-closed-after-handshake"])
    stage.over(mail(tls13(stage.start()), 17), "mail in TLS 1.3", first=S)
    c = data(mail(tls13(stage.start()), 17), S, 19)
    stage.over(c, "mail, and a close_notify of the server", first=S)

    # the server
    for first in C, S:
        c = stage.start().client(hello13(), ack=False).server(flight13(size=836, finished=19), ack=False)
        stage.over(c, "an alert in place of the server's Finished, as OpenSMTPD without a key sends it", "tls-session-closed-by-server",
                   party="server", first=first)
    c = stage.start().client(hello13(), ack=False).server(flight13()).wait(300)
    c.close(S)
    true(c, "the server waited five minutes for the client's Finished", 0, also=["tls-stalled-client"], forbid=ENDS, allow=["tls-stalled-client"])
    c = stage.start().client(hello13(), ack=False).server(flight13()).wait(8)
    c.close(S)
    true(c, "the same for 8 s", 0, forbid=[*ENDS, "tls-stalled-client"])
    c = tls13(stage.start(), tickets=False)
    stage.over(data(c, S, 19), "an alert of the server behind the handshake", "tls13-encrypted-abort-by-server", party="client", first=S)
    c = data(tls13(stage.start(), tickets=False), C, 41)
    stage.over(data(c, S, 19), "the same, the EHLO being on its way", "tls13-encrypted-abort-by-server", party="client", first=S)
    c = data(tls13(stage.start()), C, 41)
    stage.over(data(c, S, 19), "it had sent tickets, and left without answering EHLO", "tls-session-closed-by-server", party="server", first=S)
    c = tls13(stage.start(), tickets=False)
    c = data(data(c, S, 19), C, 41)
    stage.over(c, "the client closes, who could read the alert", "tls13-encrypted-abort-by-server", party="client")
    c = data(tls13(stage.start(), tickets=False), C, 19)
    c = data(c, S, 19)
    c.close(C)
    true(c, "close_notify answered with close_notify", 0, forbid=["tls13-encrypted-abort-by-server", "tls-session-closed-by-server"],
         also=["tls-closed-after-handshake"], allow=["tls-closed-after-handshake"])
    c = data(tls12(stage.start(465)), S, 120)
    stage.over(close_notify(c, S), "a greeting behind the handshake, and the server leaves", "tls-session-closed-by-server", party="server", first=S)
    c = data(tls13(stage.start(465)), S, 120)
    stage.over(c, "the same in TLS 1.3", "tls-session-closed-by-server", party="unknown", first=S)
    c = data(tls12(stage.start(465)), S, 120).wait(300)
    stage.over(data(c, S, 80), "the client said nothing for five minutes", first=S)
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    stage.over(data(c, C, 80), "the server closes in answer to a command", "tls-session-closed-by-server", party="server", first=S)
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    stage.over(data(c, C, 30), "the server closes in answer to QUIT, without 221", first=S)
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    stage.over(close_notify(data(c, C, 80), C), "the client had closed first", first=S)
    c = data(data(data(tls13(stage.start()), C, 40), S, 120), C, 53)
    true(c.reset(S), "the server resets in answer to a command", 0, ["tcp-reset-by-server-tls"], points=["server"],
         forbid=["tls-session-closed-by-server", "tls-closed-after-handshake"])
    c = data(data(data(tls13(stage.start()), C, 40), S, 120), C, 23)
    true(c.reset(S), "the server resets in answer to QUIT", 0, forbid=ENDS)
    c = data(data(data(data(tls13(stage.start()), C, 40), S, 120), C, 53), S, 40)
    true(c.reset(S), "the server resets behind its answer", 0, forbid=ENDS)
    return stage.net


@scene("records.pcap", "Alerts that cannot be read, bytes that are no TLS, and neither.")
def records(true):
    stage = Tls(true)
    c = close_notify(tls12(stage.start()), S)
    c.close(S)
    true(c, "an alert of the server behind the handshake", 0, also=["tls-encrypted-alert"], forbid=but("tls-encrypted-alert"))
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    close_notify(c, C)
    mail(c)
    stage.over(c, "an alert, and on", (), "tls-encrypted-alert", first=S)
    c = close_notify(mail(tls12(stage.start())), S)
    stage.over(close_notify(c, C), "close_notify at the end", first=S)
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    stage.over(c.server(b"421 4.3.2 shutting down\r\n", ack=False), "the server's reply in clear inside TLS", "tls-plaintext-mixup", party="server", first=S)
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    c.say(S, b"421 4.3.2 shutting down\r\n", ack=False, unseen=True)
    c.server(b"more of it, behind a hole", ack=False)
    c.close(S)
    true(c, "bytes behind a hole in the capture", 0, forbid=["tls-plaintext-mixup"], allow=["capture-gap"])
    c = stage.start().client(client_hello(), ack=False).server(b"500 5.5.2 Error: bad syntax\r\n", ack=False)
    stage.over(c, "the ClientHello answered with a line of SMTP", "tls-plaintext-mixup", party="server",
               forbid=["starttls-response-injection", "starttls-then-plaintext", "tls-to-plaintext-port"])
    c = stage.start()
    before = c.next[C]
    c.client(client_hello(), ack=False).seg(S, b"500 5.5.2 Error: bad syntax\r\n", ACK | PSH, ack=before)
    c.close(S)
    true(c, "a line that crossed the ClientHello", 0, forbid=["tls-plaintext-mixup"], also=["starttls-response-injection"], allow=["starttls-response-injection", "tls-no-serverhello", "reply-unsolicited"])
    c = stage.start().client(client_hello(), ack=False).server(b"421 4.4.2 Error: timeout exceeded\r\n", ack=False)
    c.close(S)
    true(c, "a 421, which may be said at any time", 0, forbid=["tls-plaintext-mixup"], allow=["tls-no-serverhello", "service-shutdown"])
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    c.end(C).server(b"421 mx.example.com lost input connection\r\n", ack=False).end(S)
    true(c, "a 421 in clear to a client that had closed, as Exim says it", 0, forbid=["tls-plaintext-mixup"])
    c = data(data(tls12(stage.start()), C, 40), S, 120)
    c.client(record(24, filler(4, 43)), ack=False).server(record(24, filler(5, 43)), ack=False)
    stage.over(mail(c), "a heartbeat", first=S)
    return stage.net


@scene("protected.pcap", "What sessions are protected by: old versions, weak ciphers, compression, no server name; and what is fine.")
def protected(true):
    stage = Tls(true)
    weak = (("TLS 1.0", dict(version=0x0301)), ("SSL 3", dict(version=0x0300)), ("RC4", dict(cipher=0x0005)), ("no forward secrecy", dict(cipher=GCM_RSA)),
            ("triple DES", dict(cipher=0x000A)), ("compression", dict(compression=1)), ("a small prime", dict(cipher=0x009E, prime=1024)))
    for what, how in weak:
        stage.over(mail(tls12(stage.start(), **how)), what, (), "tls-legacy", first=S, forbid=["tls-sni-missing"])
    for what, how in (("ECDHE", {}), ("a fine prime", dict(cipher=0x009E, prime=2048)), ("anonymous, on port 25", dict(cipher=0x00A6, prime=2048, chain=None))):
        stage.over(mail(tls12(stage.start(), **how)), what, (), ("tls-opaque",), first=S, forbid=["tls-legacy", "tls-sni-missing"])
    stage.over(mail(tls12(stage.start(587), cipher=0x00A6, prime=2048, chain=None)), "anonymous, at the submission port", (), "tls-legacy", first=S)
    for port in (25, 465):
        stage.over(mail(tls12(stage.start(port), name=None)), "no server name", (), "tls-sni-missing", first=S)
    c = stage.hello()
    stage.bye(c, "no TLS", forbid=["tls-opaque", "tls-sni-missing", "tls-legacy"])
    return stage.net


SERVERS = [f"198.51.100.{n}" for n in range(30, 60)]


def refused(stage, client, server):
    c = stage.start(client=client, server=server).client(client_hello(), ack=False).server(flight12(), ack=False)
    stage.over(alert(c, C, 48), "unknown CA", "tls-alert-unknown-ca")


def clear(stage, client, server, words, outcome="delivered in clear"):
    from short import data as content, envelope
    stage.bye(content(envelope(stage.hello(words, client=client, server=server))), outcome, 1)


WITH, WITHOUT = ("PIPELINING", "STARTTLS"), ("PIPELINING", "SIZE 1000000")


def issued_by(stage, *issuers):
    """A mail for each, through one server whose certificate that issuer signed."""
    for issuer in issuers:
        c = tls12(stage.start(server=SERVERS[3]), chain=(x509.leaf(issuer=issuer), x509.ISSUER))
        stage.over(mail(c), f"issued by {issuer}", first=S)


@scene("many.pcap", """Over many sessions: one server's certificate refused by five clients; TLS that fails, then the same mail in clear; STARTTLS
       offered to one client and not to another; certificates of two issuers in turn.""",
       expect=["tls-failure-spread", "tls-fallback-plaintext", "starttls-stripped", "cert-changed"])
def many(true):
    stage = Tls(true)
    for n in range(5):
        refused(stage, f"192.0.2.{20 + n}", SERVERS[0])
    refused(stage, "192.0.2.40", SERVERS[1])
    clear(stage, "192.0.2.40", SERVERS[1], WITH)
    clear(stage, "192.0.2.41", SERVERS[2], WITH)
    clear(stage, "192.0.2.42", SERVERS[2], WITHOUT)
    issued_by(stage, "Example Issuer", "Other Issuer", "Example Issuer")
    return stage.net


@scene("many-nearly.pcap", """Near misses of those: four clients; mail in clear a quarter of an hour later, or to another server; STARTTLS offered at one time and
       not at another to the same client; a renewal, and one certificate for each kind of key.""",
       never=["tls-failure-spread", "tls-fallback-plaintext", "starttls-stripped", "cert-changed"])
def many_nearly(true):
    stage = Tls(true)
    for n in range(4):
        refused(stage, f"192.0.2.{20 + n}", SERVERS[0])
    refused(stage, "192.0.2.40", SERVERS[1])
    clear(stage, "192.0.2.40", SERVERS[4], WITH)
    clear(stage, "192.0.2.41", SERVERS[2], WITH)
    clear(stage, "192.0.2.41", SERVERS[2], WITHOUT)
    clear(stage, "192.0.2.42", SERVERS[2], WITHOUT)
    issued_by(stage, "Example Issuer", "Example Issuer", "Other Issuer", "Other Issuer")
    for issuer, key in (("Example Issuer", x509.SERVER), ("Other Issuer", x509.POINT)) * 2:
        c = tls12(stage.start(server=SERVERS[5]), chain=(x509.leaf(issuer=issuer, key=key), x509.ISSUER))
        stage.over(mail(c), f"{issuer}, its own kind of key", first=S)
    stage.at += 901
    clear(stage, "192.0.2.40", SERVERS[1], WITH)
    return stage.net
