"""As healthy-fragments, the fragments last first, and one packet in twenty twice."""
from labkit.scenario import *

VANTAGE = "server"


def play(lab):
    lab.exim()
    lab.link(fragment=[576, 0], backwards=True, double=[0.05, 0.05], delay=0.005)
    lab.deliver(size=30_000)


TRUTH = [session("delivered", accepted=1)]
PROOF = [packets("ip.flags.mf==1 && ip.dst==198.51.100.25", 10), log(" <= ")]
