"""Exim to Exim: CHUNKING and PIPELINING offered, the content goes by BDAT, QUIT and FIN right behind it."""
from labkit.scenario import *


def play(lab):
    mx = lab.exim()
    lab.mta("exim")
    lab.inject(size=60_000)
    mx.wait_log(" <= ")
    lab.sleep(1)


TRUTH = [session("delivered by BDAT", accepted=1, forbid="bdat-size-mismatch client-abort-eod duplicate-delivery-risk")]
PROOF = [packets("smtp contains \"BDAT\""), log(" <= ")]
