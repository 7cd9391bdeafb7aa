"""The recording stops 12 s after the final dot, while Exim still works: nothing may be called a timeout."""
from labkit.scenario import *

RECORD = False
LOG = "the end is not in the recording"


def play(lab):
    lab.exim(data="warn delay = 30s")
    path = lab.record("client")
    lab.at_once(lambda: lab.swaks(timeout=90), lambda: (lab.seen(b"354 "), lab.sleep(12), lab.stop_recording()))


TRUTH = [session("still waiting when the capture ended", accepted=0, also="capture-ends-open",
                 forbid="data-final-timeout duplicate-delivery-risk client-abort-eod client-timeout-too-short")]
PROOF = [packets("smtp.eom"), log(" <= "), none("smtp.response.code==221")]
