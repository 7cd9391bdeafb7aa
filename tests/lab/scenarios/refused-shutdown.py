"""A scripted server says 421 service shutting down in the middle of a transaction and closes."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "RCPT" and (p.send("421 4.3.2 mail.partner.example Service shutting down"), "end")[1]))
    lab.deliver()


TRUTH = [session("421 at RCPT", accepted=0, primary="service-shutdown", points_to="server", forbid="server-closed-mid-session server-idle-timeout", server_log=False)]
PROOF = [packets("smtp.response.code==421")]
