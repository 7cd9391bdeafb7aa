"""A scripted server closes (FIN) after MAIL without a word."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "MAIL" and "end"))
    lab.deliver()


TRUTH = [session("FIN instead of a reply to MAIL", accepted=0, primary="server-closed-mid-session", points_to="server",
                 forbid="client-abort-mail mail-timeout")]
PROOF = [packets("tcp.flags.fin==1 && ip.src==198.51.100.25")]
