"""Postfix delivers 40 kB to Postfix, smtplib two mails; recorded on the router on all interfaces at once (-i any): every packet is there twice, and nothing is wrong."""
from labkit.scenario import *

VANTAGE = "router-any"


def play(lab):
    mx = lab.postfix()
    lab.mta("postfix")
    lab.inject(size=40_000)
    mx.wait_log("queue active")
    lab.sleep(1)
    lab.deliver(count=2)


TRUTH = [session("delivered", accepted=1, forbid="loss-heavy one-way-loss"), session("two delivered", accepted=2, forbid="loss-heavy one-way-loss")]
PROOF = [packets("frame matches \"mail from:<\"", 6, 6), log("queue active", 3)]
