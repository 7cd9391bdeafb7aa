"""Two deliveries; a tap on the link writes them as they cross a trunk, in VLAN 100."""
from labkit.scenario import *

RECORD = False


def play(lab):
    lab.postfix()
    lab.link(tap="client", encap="vlan")
    lab.deliver(), lab.swaks()


TRUTH = [session("delivered", accepted=1, times=2)]
PROOF = [packets("vlan.id==100 && smtp", 10), log("status=sent", 2)]
