"""A scripted server never answers STARTTLS; smtplib's timer is 15 s."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.scripted(lambda peer: obliging(peer, extensions=("STARTTLS",), override=lambda p, verb, line: verb == "STAR" and (p.line(60), "end")[1]))
    lab.deliver(starttls=True, timeout=15)


TRUTH = [session("no reply to STARTTLS", accepted=0, primary="starttls-timeout", points_to="server",
                 also="client-timeout-too-short", forbid="starttls-handshake-missing tls-no-serverhello client-abort-starttls")]
PROOF = [packets("smtp.req.command==\"STAR\" || smtp contains \"STARTTLS\""), none("tls")]
