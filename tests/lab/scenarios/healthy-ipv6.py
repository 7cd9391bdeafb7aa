"""swaks and Postfix deliver over IPv6."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    lab.mta("postfix", to=SERVER6)
    lab.inject()
    mx.wait_log("status=sent")
    lab.swaks(to=SERVER6)


TRUTH = [session("delivered", accepted=1, times=2)]
PROOF = [packets("ipv6 && smtp", 10), log("status=sent", 2)]
