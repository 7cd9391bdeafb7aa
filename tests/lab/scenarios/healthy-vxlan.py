"""Exim delivers to Exim; the tap on the link writes VXLAN."""
from labkit.scenario import *

RECORD = False


def play(lab):
    mx = lab.exim()
    lab.link(tap="client", encap="vxlan", delay=0.01)
    lab.mta("exim")
    lab.inject()
    mx.wait_log(" <= ")
    lab.sleep(1)


TRUTH = [session("delivered", accepted=1)]
PROOF = [packets("vxlan && smtp", 5), log(" <= ")]
