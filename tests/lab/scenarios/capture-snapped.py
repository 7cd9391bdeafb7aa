"""A healthy delivery of 3 kB, recorded with 96 bytes of each packet."""
from labkit.scenario import *

SNAP = 96
LOG = "the dialogue is cut"


def play(lab):
    lab.postfix()
    lab.deliver(size=3000)


TRUTH = [session("delivered, packets cut", also="capture-truncated", allow="capture-truncated",
                 forbid="bad-sequence-client greeting-malformed reply-code-invalid not-smtp text-line-too-long")]
PROOF = [packets("frame.cap_len < frame.len"), log("status=sent")]
