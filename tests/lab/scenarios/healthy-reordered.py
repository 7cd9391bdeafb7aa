"""200 kB over 20 ms; the link lets one packet in ten overtake and doubles one in fifty; recorded at the server."""
from labkit.scenario import *

VANTAGE = "server"


def play(lab):
    lab.postfix()
    lab.link(delay=0.01, reorder=[0.1, 0.1], double=[0.02, 0.02])
    lab.deliver(size=200_000)


TRUTH = [session("delivered", accepted=1, forbid="capture-gap loss-heavy")]
PROOF = [packets("tcp.analysis.out_of_order || tcp.analysis.retransmission", 3), log("status=sent")]
