"""A scripted server resets the connection instead of answering RCPT."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "RCPT" and (p.rst() or "end")))
    lab.deliver()


TRUTH = [session("reset at RCPT", accepted=0, primary="tcp-reset-by-server-rcpt", points_to="server",
                 forbid="server-closed-mid-session data-aborted tcp-reset-injected")]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25")]
