"""A scripted server answers 503 to a perfectly legal RCPT."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "RCPT" and (p.send("503 5.5.1 Error: need MAIL command") or True)))
    lab.deliver()


TRUTH = [session("503 without cause", accepted=0, primary="bad-sequence-disputed", points_to="server middlebox", forbid="bad-sequence-client bad-sequence-503", server_log=False)]
PROOF = [packets("smtp.response.code==503")]
