"""OpenSMTPD delivers to Postfix with STARTTLS."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.postfix()
    lab.mta("opensmtpd")
    lab.inject()
    mx.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("delivered inside TLS")]
PROOF = [packets("tls.handshake.type==1"), log("status=sent")]
