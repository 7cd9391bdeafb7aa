"""30 kB of content; the link cuts IP packets to the server into fragments of 576 bytes; recorded at the server."""
from labkit.scenario import *

VANTAGE = "server"


def play(lab):
    lab.postfix()
    lab.link(fragment=[576, 0], delay=0.005)
    lab.deliver(size=30_000)


TRUTH = [session("delivered", accepted=1)]
PROOF = [packets("ip.flags.mf==1 && ip.dst==198.51.100.25", 10), log("status=sent")]
