"""Postfix delivers to a scripted server, which says the least a server may."""
from labkit.scenario import *


def play(lab):
    lab.scripted(obliging)
    client = lab.mta("postfix")
    lab.inject()
    client.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("delivered", accepted=1)]
PROOF = [packets("smtp contains \"queued as 4LAB\"")]
