"""Exim greylists (451 until 60 s have passed since the first attempt of this sender and recipient); a client tries every 10 s, five times, and gives up."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    lab.exim(rcpt="defer message = 4.7.1 Greylisted, please try again in 5 minutes")
    for _ in range(5):
        lab.deliver()
        lab.sleep(10)


TRUTH = [session("451 greylisted", accepted=0, primary="greylisted", points_to="policy", forbid="server-local-error rate-limited", times=5)]
PROOF = [packets("smtp.response.code==451 || smtp.response.code==450", 5), log("temporarily rejected", 5)]
