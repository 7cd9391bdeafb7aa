"""A bounce: MAIL FROM:<> with content, from Exim to Postfix."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    lab.deliver(sender="")
    mx.wait_log("status=sent")


TRUTH = [session("delivered", accepted=1, forbid="address-callout probe-session")]
PROOF = [packets("smtp matches \"(?i)mail from:<>\""), log("status=sent")]
