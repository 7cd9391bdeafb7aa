"""Exim (GnuTLS) to Exim with STARTTLS."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    mx = lab.exim()
    lab.mta("exim")
    lab.inject()
    mx.wait_log(" <= ")
    lab.sleep(1)


TRUTH = [session("delivered inside TLS")]
PROOF = [packets("tls.handshake.type==1"), log(" <= .* X=TLS")]
LOG = "what was accepted inside TLS cannot be counted in packets"
