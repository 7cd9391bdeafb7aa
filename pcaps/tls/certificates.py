"""certificates - what servers show: each rule with what nearly raises it. Captured on 10 March 2026."""
from craft import C, S
from failures import Tls, alert
from handshakes import ANONYMOUS, client_hello, finish12, flight12, mail, server_hello, tls12, tls13
from scene import scene
import x509

CERTS = ["cert-untrusted", "cert-not-verifiable", "cert-self-signed", "cert-expired", "cert-not-yet-valid", "cert-expiring-soon", "cert-name-mismatch", "cert-chain-incomplete",
         "cert-chain-misordered", "cert-weak", "tls-interception-suspected", "connect-wrong-target"]


class Shown(Tls):
    def fine(self, c, outcome, *told, warned=()):
        """The session goes on; of the rules about certificates only these are told, as a warning or less."""
        self.over(mail(c), outcome, (), told, first=S, forbid=[r for r in CERTS if r not in told], allow=told)

    def shown(self, outcome, *told, chain=None, name="mx.example.com", **more):
        self.fine(tls12(self.start(**more), name, chain=chain if chain is not None else (x509.leaf(), x509.ISSUER)), outcome, *told)

    def refused(self, outcome, rule, *told, chain, description=48, name="mx.example.com", **more):
        """The client sends this alert."""
        c = self.start(**more).client(client_hello(name), ack=False).server(flight12(chain=chain), ack=False)
        self.over(alert(c, C, description), outcome, rule, (rule, *told), first=C, forbid=[r for r in CERTS if r not in told])


@scene("certificates.pcap", "Certificates out of time, of other names, weak, in broken chains, made on the way: and fine ones.")
def certificates(true):
    stage, leaf, issuer = Shown(true), x509.leaf, x509.ISSUER

    stage.shown("all is well")
    stage.shown("the root sent along", chain=(leaf(), issuer, x509.ROOT))
    stage.fine(tls13(stage.start(), "other.example.net"), "TLS 1.3: nobody knows")

    stage.shown("self-signed", "cert-self-signed", chain=(x509.self_signed(),))
    stage.refused("self-signed, and refused", "tls-alert-unknown-ca", "cert-self-signed", chain=(x509.self_signed(),))
    stage.shown("expired", "cert-expired", chain=(leaf(end="2026-03-09"), issuer))
    stage.refused("expired, and refused", "tls-alert-certificate-expired", "cert-expired", chain=(leaf(end="2026-03-09"), issuer), description=45)
    stage.shown("an expired issuer", "cert-expired", chain=(leaf(), x509.certificate("Example Issuer", "Example Root", x509.AUTHORITY, end="2026-01-05", authority=True,
                                                                                    organization=x509.O)))
    stage.shown("too early", "cert-not-yet-valid", chain=(leaf(start="2026-03-12"), issuer))
    stage.shown("expires in twelve days", "cert-expiring-soon", chain=(leaf(end="2026-03-22T14:00:30"), issuer))
    stage.shown("expires in fifteen days", chain=(leaf(end="2026-03-25T15:00:00"), issuer))

    stage.shown("another name", "cert-name-mismatch", chain=(leaf("mail.example.net"), issuer))
    stage.shown("another name, on 465", "cert-name-mismatch", chain=(leaf("mail.example.net"), issuer), port=465)
    stage.refused("another name, and refused", "tls-alert-bad-certificate", "cert-name-mismatch", chain=(leaf("mail.example.net"), issuer), description=42)
    stage.shown("a wildcard", chain=(leaf("*.example.com"), issuer))
    stage.shown("a wildcard for one label only", "cert-name-mismatch", chain=(leaf("*.example.com"), issuer), name="a.b.example.com", port=465)
    stage.shown("letter case", chain=(leaf("MX.Example.COM"), issuer))
    stage.shown("one of several names", chain=(leaf("a.example", names=("a.example", "mx.example.com")), issuer))
    stage.shown("the greeting's name, not the one asked for", chain=(leaf(), issuer), name="alias.example.org")
    stage.shown("the server's address", chain=(leaf("a.example", names=("198.51.100.25",)), issuer))
    stage.shown("the common name, there being no other", chain=(leaf(names=()), issuer))
    stage.shown("the common name, there being another", "cert-name-mismatch", chain=(leaf(names=("other.example",)), issuer))
    stage.shown("no name to compare with", chain=(leaf("a.example"), issuer), name=None, port=465)

    stage.shown("no intermediate", "cert-chain-incomplete", chain=(leaf(),))
    stage.refused("no intermediate, and refused", "tls-alert-unknown-ca", "cert-chain-incomplete", chain=(leaf(),))
    stage.shown("the root in place of the issuer", "cert-chain-incomplete", chain=(leaf(), x509.ROOT))
    stage.shown("out of order", "cert-chain-misordered", chain=(leaf(), x509.ROOT, issuer))

    stage.shown("a short key", "cert-weak", chain=(leaf(key=x509.WEAK), issuer))
    stage.shown("SHA-1", "cert-weak", chain=(leaf(digest="sha1"), issuer))
    stage.shown("MD5", "cert-weak", chain=(leaf(digest="md5"), issuer))
    stage.shown("an elliptic curve", chain=(leaf(key=x509.POINT), issuer))
    stage.shown("SHA-1 by its own key", "cert-self-signed", chain=(x509.self_signed(digest="sha1"),))

    box = x509.certificate("FortiGate CA", "FortiGate CA", x509.AUTHORITY, authority=True, organization="Fortinet", issuer_organization="Fortinet")
    stage.shown("made on the way", "tls-interception-suspected", chain=(leaf(issuer="FortiGate CA", issuer_organization="Fortinet"), box))
    stage.shown("the product's own gateway", "cert-name-mismatch", chain=(leaf("FortiMail", issuer="FortiGate CA", issuer_organization="Fortinet"), box))

    bad = "tls-alert-bad-certificate"
    stage.refused("a server of another domain", bad, "connect-wrong-target", chain=(leaf(), issuer), description=42, name="mail.example.org")
    stage.refused("of the same domain", bad, chain=(leaf(), issuer), description=42, name="mail.example.com")
    stage.refused("one of its names is of that domain", bad, chain=(leaf("mx.example.com", names=("mx.example.com", "mx.example.org")), issuer),
                  description=42, name="mail.example.org")
    stage.refused("its certificate names no domain", bad, "cert-name-mismatch", chain=(leaf("mailer"), issuer), description=42, name="mail.example.org")
    stage.refused("asked for by one label", bad, chain=(leaf(), issuer), description=42, name="relay")
    stage.shown("another domain at the submission port, and went on", "connect-wrong-target", chain=(leaf(), issuer), name="mail.example.org", port=587)
    stage.shown("the same at port 25", chain=(leaf(), issuer), name="mail.example.org")
    return stage.net


@scene("old.pcap", "SHA-1 and short keys when they were usual: near misses of cert-weak. Captured in 2012.", severity="notice")
def old(true):
    from craft import Net
    stage = Shown(true)
    stage.net = Net(start="2012-06-01T10:00:00Z")
    issuer = x509.certificate("Example Issuer", "Example Root", x509.AUTHORITY, start="2010-01-01", end="2020-01-01", authority=True, organization=x509.O)
    for what, more in (("SHA-1", dict(digest="sha1")), ("a short key", dict(key=x509.WEAK))):
        stage.shown(what, chain=(x509.leaf(start="2012-01-01", end="2013-01-01", **more), issuer))
    return stage.net


@scene("trust.pcap", "Verified with the root as the only one trusted, at the time of the capture.", options=["--trust", "HERE/root.pem"])
def trust(true):
    stage, leaf, issuer = Shown(true), x509.leaf, x509.ISSUER
    stage.shown("leads to the root")
    stage.shown("out of order, and leads there", "cert-chain-misordered", chain=(leaf(), x509.ROOT, issuer))
    stage.shown("right below the root", chain=(leaf(issuer="Example Root"),))
    c = tls12(stage.start(), chain=(x509.self_signed(),))
    stage.over(mail(c), "self-signed", "cert-untrusted", ("cert-untrusted", "cert-self-signed"), first=S, party="server")
    c = tls12(stage.start(), chain=(leaf(),))
    stage.over(mail(c), "no intermediate", "cert-untrusted", ("cert-untrusted", "cert-chain-incomplete"), first=S, party="server")
    c = tls12(stage.start(), chain=(leaf(end="2026-03-09"), issuer))
    stage.over(mail(c), "expired", "cert-untrusted", ("cert-untrusted", "cert-expired"), first=S)
    forged = x509.leaf(signer=x509.SERVER)
    stage.over(mail(tls12(stage.start(), chain=(forged, issuer))), "signed by another key", "cert-untrusted", first=S)
    return stage.net


@scene("trust-hidden.pcap", "Asked to verify what cannot be seen: nobody is told that it is fine.", options=["--trust", "HERE/root.pem"])
def hidden(true):
    stage = Shown(true)
    stage.shown("can be seen, and leads to the root")
    stage.fine(tls13(stage.start()), "TLS 1.3", "cert-not-verifiable")
    c = stage.start().client(client_hello(session=b"\7" * 32), ack=False).server(server_hello(session=b"\7" * 32) + finish12(), ack=False)
    stage.fine(c.client(finish12(11), ack=False), "resumed", "cert-not-verifiable")
    stage.fine(tls12(stage.start(), chain=None, cipher=ANONYMOUS), "no certificate", "cert-not-verifiable")
    c = stage.start().client(client_hello(), ack=False)
    stage.over(alert(c, S, 40), "turned away before any", "tls-alert-handshake-failure", first=S, forbid=["cert-not-verifiable"])
    return stage.net


@scene("named.pcap", "The operator says what the server is called.", options=["--server-name", "mail.example.net", "--server-name", "mx.example.com"])
def named(true):
    stage, leaf, issuer = Shown(true), x509.leaf, x509.ISSUER
    stage.shown("the name")
    stage.shown("the other name", chain=(leaf("mail.example.net"), issuer), name="asked.example")
    c = tls12(stage.start(587), "asked.example", chain=(leaf("asked.example"), issuer))
    stage.over(mail(c), "the name the client asked for", (), "cert-name-mismatch", first=S, allow=["cert-name-mismatch"])
    return stage.net
