"""fleet - what shows only over many sessions, each beside a near miss of it."""
import base64

from craft import C, S, Net
from scene import scene

A, B = "192.0.2.10", "198.51.100.25"
NEAR = ["duplicate-delivery", "retry-storm", "auth-bruteforce", "health-check"]


def left(c):
    """The client gives up 12 s after the final dot, without a reply."""
    c.open().hello().mail(final="").seg(S)
    c.end(C, dt=12.0).end(S, dt=0.02).seg(C)
    return c


@scene("fleet-twice.pcap", "The client leaves 12 s after the final dot and sends the same message again, which is accepted.",
       expect=[["duplicate-delivery"]])
def twice(true):
    net = Net()
    c = left(net.tcp(A, B, at=0))
    true(c, "complete message, no reply in 12 s; the client closed", None, ["data-final-timeout", "duplicate-delivery-risk"],
         also=["duplicate-delivery-risk"], forbid=["data-aborted"], points=["server", "client"])
    c = net.tcp(A, B, at=60).open().hello().mail().quit().close()
    true(c, "the same message, accepted", 1, forbid=NEAR)
    return net


@scene("fleet-guessing.pcap", "One client is refused with 535 ten times in five minutes; another twice, a near miss.",
       expect=[["auth-bruteforce"]])
def guessing(true):
    net = Net()
    for n in range(12):
        client = A if n < 10 else "192.0.2.77"
        c = net.tcp(client, B, at=n * 30, dport=587).open().hello(keywords=("PIPELINING", "AUTH CRAM-MD5"))
        c.talk("C AUTH CRAM-MD5\nS 334 PDEyMzQ1QG14LmV4YW1wbGUuY29tPg==\nC Y2xpZW50IDAxMjM0NTY3ODk=\n"
               "S 535 5.7.8 authentication failed").quit().close()
        true(c, "535 authentication failed", 0, ["auth-failed"], points=["client"], forbid=NEAR)
    return net


@scene("fleet-retries.pcap", "One mail is put off with a 450 six times in five minutes; another client keeps half an hour between its attempts.",
       expect=[["retry-storm"]])
def retries(true):
    net = Net()
    for n, (client, at) in enumerate([(A, 60 * k) for k in range(6)] + [("192.0.2.77", 1800 * k + 30) for k in range(5)]):
        c = net.tcp(client, B, at=at).open().hello()
        c.talk(f"C MAIL FROM:<ann{client[-1]}@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\n"
               "S 450 try again later").quit().close()
        true(c, "450 at RCPT", 0, ["transient-reject-unclassified", "greylisted"], forbid=NEAR,
             points=["unknown", "policy", "server"])
    return net


@scene("fleet-checks.pcap", "A balancer looks in every 30 s; a person with a terminal three times, now and then.", severity="notice",
       expect=[["health-check"]])
def checks(true):
    net = Net()
    for client, times in ((A, [0, 30, 60, 90, 120]), ("192.0.2.77", [5, 20, 200])):
        for at in times:
            c = net.tcp(client, B, at=at).open().talk("S 220 mx.example.com ESMTP").quit().close()
            true(c, "no mail was offered", 0, forbid=NEAR + ["client-abort-idle"])
    return net


SUBMIT = ("PIPELINING", "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256")
PASSWORDS = ["auth-bruteforce", "auth-compromise-suspected", "auth-backend-down"]


def b64(octets):
    return base64.b64encode(octets).decode()


def log_in(true, net, client, at, way, user, accepted=False):
    """Names and passwords are invented; nobody's mechanism is played to its end, only as far as it names the user."""
    c = net.tcp(client, B, at=at, dport=587).open().hello(keywords=SUBMIT)
    name, secret = user.encode(), b"correct horse battery"
    answer = "235 2.7.0 ok" if accepted else "535 5.7.8 authentication failed"
    c.talk({
        "plain": f"C AUTH PLAIN {b64(bytes(1) + name + bytes(1) + secret)}\nS {answer}",
        "login": f"C AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC {b64(name)}\nS 334 UGFzc3dvcmQ6\nC {b64(secret)}\nS {answer}",
        "cram": f"C AUTH CRAM-MD5\nS 334 PDEyMzQ1QG14LmV4YW1wbGUuY29tPg==\nC {b64(name + b' ' + b'0123456789abcdef' * 2)}\nS {answer}",
        "scram": f"C AUTH SCRAM-SHA-256 {b64(b'n,,n=' + name + b',r=fyko+d2lbbFgONRv9')}\nS {answer}",
    }[way]).quit().close()
    clear = ["plaintext-auth"] if way in ("plain", "login") else ["auth-without-tls"]
    if accepted:
        true(c, "235, the log-in was accepted", 0, clear if way in ("plain", "login") else (), also=clear, forbid=["auth-failed"],
             points=["client", "server"])
    else:
        true(c, "535 authentication failed", 0, ["auth-failed"], also=["auth-failed", *clear], points=["client"], forbid=NEAR)


@scene("fleet-one-user.pcap", "One user is refused from five networks in four minutes, by four mechanisms, then accepted from one of them.",
       expect=[["auth-bruteforce"], ["auth-compromise-suspected"]], never=["auth-backend-down"])
def one_user(true):
    net = Net()
    ways = ("cram", "scram", "cram", "login", "plain")
    for n, way in enumerate(ways):
        log_in(true, net, f"203.0.{113 + n}.7", n * 50, way, "Ann@example.com" if n % 2 else "ann@example.com")
    log_in(true, net, "203.0.115.7", 260, "cram", "ann@example.com", accepted=True)
    return net


@scene("fleet-users-nearly.pcap", "Near misses: one user from four networks, accepted from a fifth; five users from five networks, all over ten minutes.",
       never=PASSWORDS)
def users_nearly(true):
    net = Net()
    log_in(true, net, "192.0.2.9", 0, "cram", "fred@example.com", accepted=True)
    for n in range(4):
        log_in(true, net, f"203.0.{113 + n}.7", 20 + n * 50, "cram", "ann@example.com")
    log_in(true, net, "192.0.2.10", 230, "scram", "ann@example.com", accepted=True)
    for n, name in enumerate(("bob", "carol", "dave", "erin", "fred")):
        log_in(true, net, f"198.51.{100 + n}.9", 300 + n * 60, "cram", f"{name}@example.com")
    return net


RELAY = "192.0.2.10"
DESTINATIONS = ["fleet-destination-failing", "fleet-all-failing", "fleet-one-mx-bad", "fleet-one-backend-bad"]
DISK = ["server-disk-full", "transient-reject-unclassified"]


def one_mail(true, net, at, server, name, domain, good=True):
    """One mail of the relay; refused where the server's disk is full."""
    c = net.tcp(RELAY, server, at=at, rtt=0.02).open()
    c.talk(f"S 220 {name} ESMTP\nC EHLO relay.sender.example\nS 250 {name}\nC MAIL FROM:<ann{at:.0f}@sender.example>\nS 250 ok")
    if good:
        c.talk(f"C RCPT TO:<bob@{domain}>\nS 250 ok\nC DATA\nS 354 go\nC Subject: hello\nC\nC hello\nC .\nS 250 queued")
        true(c.quit().close(), "delivered", 1)
    else:
        c.talk(f"C RCPT TO:<bob@{domain}>\nS 452 4.3.1 Insufficient system storage")
        true(c.quit().close(), "452 at RCPT: the disk is full", 0, DISK, points=["server"])


def unanswered(true, net, at, server):
    """Four SYNs in vain."""
    c = net.tcp(RELAY, server, at=at)
    c.syn(C)
    for pause in (1.0, 2.0, 4.0):
        c.syn(C, dt=pause, stay=True)
    true(c, "no answer to four SYNs", 0, ["connect-timeout"], points=["network"])


def others_are_fine(true, net, until):
    for n in range(0, until, 25):
        one_mail(true, net, n + 3.5, f"203.0.113.{1 + n % 3}", f"mx.other{n % 3}.example", f"other{n % 3}.example")


@scene("fleet-provider.pcap", "The eight servers of one provider take no mail, three sessions with each; other servers are fine.",
       expect=[["fleet-destination-failing"]], never=["fleet-all-failing", "fleet-one-mx-bad"])
def provider(true):
    net = Net()
    for n in range(24):
        one_mail(true, net, n * 10, f"198.51.100.{1 + n % 8}", f"mx{1 + n % 8}.large.example", f"d{n}.example", good=False)
    others_are_fine(true, net, 260)
    return net


@scene("fleet-provider-nearly.pcap", "Near misses: of eight customers of one hoster four take no mail, and three machines that are called localhost, and "
       "three whose names were made of their addresses.", never=DESTINATIONS)
def provider_nearly(true):
    net = Net()
    for n in range(24):
        one_mail(true, net, n * 10, f"198.51.100.{1 + n % 8}", f"www{1 + n % 8}.hoster.example", f"d{n % 8}.example", good=n % 2 == 0)
    for n in range(6):
        one_mail(true, net, n * 40 + 2, f"198.51.100.{51 + n % 3}", "localhost", f"e{n % 3}.example", good=False)
        one_mail(true, net, n * 40 + 5, f"198.51.100.{61 + n % 3}", f"v198-51-100-{61 + n % 3}.rented.example", f"f{n % 3}.example", good=False)
    for n in range(5):
        others_are_fine(true, net, 260)
    return net


@scene("fleet-provider-silent.pcap", "Eight servers that gave themselves names in one domain do not answer any more.",
       expect=[["fleet-destination-failing"]], never=["fleet-all-failing", "fleet-one-mx-bad"])
def provider_silent(true):
    net = Net()
    for n in range(8):
        one_mail(true, net, n * 5, f"198.51.100.{1 + n}", f"mx{1 + n}.large.example", f"d{n}.example")
    for n in range(24):
        unanswered(true, net, 300 + n * 10, f"198.51.100.{1 + n % 8}")
    others_are_fine(true, net, 600)
    return net


@scene("fleet-outage.pcap", "One server takes no mail from its 13th to its 62nd session of 74, and did once before; then it takes mail again.",
       expect=[["fleet-destination-failing"]], never=["fleet-all-failing"])
def outage(true):
    net = Net()
    for n in range(74):
        one_mail(true, net, n * 10, "198.51.100.25", "mail.partner.example", "partner.example", good=n != 3 and not 12 <= n < 62)
    others_are_fine(true, net, 740)
    return net


@scene("fleet-outage-nearly.pcap", "Near miss: one server refuses every eighth mail because its disk is full, evenly, for the whole time.", never=DESTINATIONS)
def outage_nearly(true):
    net = Net()
    for n in range(74):
        one_mail(true, net, n * 10, "198.51.100.25", "mail.partner.example", "partner.example", good=n % 8 != 5)
    others_are_fine(true, net, 740)
    return net
