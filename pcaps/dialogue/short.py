"""short - many short sessions in one capture."""
from craft import C, S, Net, content

A, B = "192.0.2.10", "198.51.100.25"
WORDS = ("PIPELINING", "SIZE 10240000", "8BITMIME", "STARTTLS", "AUTH PLAIN LOGIN", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN")
SENDER, TO = "ann@example.org", "bob@example.com"
UNKNOWN = ("permanent-reject-unclassified", "transient-reject-unclassified")


class Stage:
    """Sessions one after the other, two seconds apart."""

    def __init__(self, true):
        self.true, self.net, self.at = true, Net(), 0.0

    def session(self, port=25, client=A, server=B, apart=2.0, **more):
        c = self.net.tcp(client, server, at=self.at, dport=port, **more).open()
        self.at += apart
        return c

    def hello(self, words=WORDS, name="client.example.org", **more):
        return self.session(**more).hello(name=name, keywords=words)

    def bye(self, c, outcome, accepted=0, primary=(), also=(), forbid=(), points=(), allow=()):
        """QUIT, close, and what is true."""
        self.end(c.quit(), outcome, accepted, primary, also, forbid, points, allow)

    def end(self, c, outcome, accepted=0, primary=(), also=(), forbid=(), points=(), allow=(), first=S):
        self.true(c.close(first), outcome, accepted, [primary] if isinstance(primary, str) else primary,
                  [also] if isinstance(also, str) else also, [forbid] if isinstance(forbid, str) else forbid,
                  allow=[allow] if isinstance(allow, str) else allow, points=[points] if isinstance(points, str) else points)


def envelope(c, mail="", rcpt="", sender=SENDER, to=TO):
    """MAIL and RCPT, accepted; with parameters."""
    return c.talk(f"C MAIL FROM:<{sender}>{mail}\nS 250 2.1.0 Ok\nC RCPT TO:<{to}>{rcpt}\nS 250 2.1.5 Ok")


def data(c, body=None, final="250 2.0.0 Ok: queued as 4ABC12D3E4"):
    """DATA with this content (octets without the final dot line), and the reply to it."""
    c.talk("C DATA\nS 354 End data with <CR><LF>.<CR><LF>")
    c.client((content(300) if body is None else body) + b".\r\n")
    return c.server(final, ack=False) if final else c


def refuse(stage, phase, reply, words=WORDS, client=A, port=25):
    """A session in which this phase ends with this reply; the caller says bye, except after 421."""
    if phase == "greeting":
        return stage.session(client=client, port=port).talk(f"S {reply}")
    if phase == "helo":
        return stage.session(client=client, port=port).talk(f"S 220 mx.example.com ESMTP\nC EHLO client.example.org\nS {reply}")
    c = stage.hello(words, client=client, port=port)
    if phase == "auth":
        return c.talk(f"C AUTH LOGIN\nS 334 VXNlcm5hbWU6\nC YW5u\nS 334 UGFzc3dvcmQ6\nC c2VjcmV0\nS {reply}")
    if phase == "starttls":
        return c.talk(f"C STARTTLS\nS {reply}")
    c.talk(f"C MAIL FROM:<{SENDER}>")
    if phase == "mail":
        return c.talk(f"S {reply}")
    c.talk(f"S 250 2.1.0 Ok\nC RCPT TO:<{TO}>")
    if phase == "rcpt":
        return c.talk(f"S {reply}")
    c.talk("S 250 2.1.5 Ok")
    if phase == "data":
        return c.talk(f"C DATA\nS {reply}")
    return data(c, final=reply)


__all__ = ["A", "B", "C", "S", "SENDER", "Stage", "TO", "UNKNOWN", "WORDS", "content", "data", "envelope", "refuse"]
