"""Sendmail takes a mail from Postfix and one from swaks."""
from labkit.scenario import *


def play(lab):
    mx = lab.sendmail()
    lab.mta("postfix")
    lab.inject()
    mx.wait_log("nrcpts=1")
    lab.sleep(0.5)
    lab.swaks()


TRUTH = [session("delivered", accepted=1, times=2)]
PROOF = [packets("smtp.rsp.parameter contains \"Sendmail\"", 2), log("nrcpts=1", 2)]
