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
