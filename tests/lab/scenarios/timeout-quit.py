"""A scripted server never answers QUIT; the client has its message accepted, waits 12 s and leaves: nobody is hurt."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "QUIT" and (p.line(30), "end")[1]))
    lab.deliver(timeout=12)


TRUTH = [session("delivered; QUIT unanswered", accepted=1, also="quit-timeout", forbid="server-closed-mid-session duplicate-delivery-risk")]
PROOF = [packets("tcp.time_delta > 10 && ip.src==192.0.2.10")]
