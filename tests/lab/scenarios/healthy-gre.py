"""Deliveries over IPv4 and IPv6; the tap on the link writes them inside GRE."""
from labkit.scenario import *

RECORD = False


def play(lab):
    lab.postfix()
    lab.link(tap="client", encap="gre", delay=0.01)
    lab.deliver(), lab.deliver(SERVER6)


TRUTH = [session("delivered", accepted=1), session("delivered over IPv6", accepted=1)]
PROOF = [packets("gre && smtp", 10), packets("gre && ipv6 && smtp"), log("status=sent", 2)]
