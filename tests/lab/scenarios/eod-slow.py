"""Exim works 40 s after the final dot, then accepts; swaks waits."""
from labkit.scenario import *


def play(lab):
    lab.exim(data="warn delay = 40s")
    lab.swaks(timeout=90)


TRUTH = [session("accepted after 40 s", accepted=1, also="slow-reply-eod", allow="slow-reply-eod",
                 forbid="data-final-timeout duplicate-delivery-risk")]
PROOF = [packets("tcp.time_delta > 35 && ip.src==198.51.100.25"), log(" <= ")]
