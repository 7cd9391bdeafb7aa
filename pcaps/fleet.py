"""fleet - what shows only over many sessions, each beside a near miss of it."""
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
