"""A delivery of two messages; the tap on the link writes 802.1ad with an inner 802.1Q tag."""
from labkit.scenario import *

RECORD = False


def play(lab):
    lab.exim()
    lab.link(tap="client", encap="qinq")
    lab.deliver(count=2)


TRUTH = [session("delivered", accepted=2)]
PROOF = [packets("eth.type==0x88a8 && smtp", 10), log(" <= ", 2)]
