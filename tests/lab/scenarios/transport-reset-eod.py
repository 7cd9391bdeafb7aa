"""A scripted server takes the whole message, keeps it, and its process dies with a reset before it answers: the client will send it again."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "DOT" and (p.rst() or "end")))
    lab.deliver(size=20_000)


TRUTH = [session("reset after the final dot, the fate of the message unknown", accepted=0,
                 primary="duplicate-delivery-risk tcp-reset-by-server-eod", points_to="server",
                 also="duplicate-delivery-risk", forbid="data-aborted client-abort-eod")]
PROOF = [packets("smtp.eom"), packets("tcp.flags.reset==1 && ip.src==198.51.100.25")]
