"""Exim greets after 35 s (its connect ACL waits, as for a dead resolver); swaks waits, the message is delivered."""
from labkit.scenario import *


def play(lab):
    lab.exim(connect="warn delay = 35s")
    lab.swaks(timeout=90)


TRUTH = [session("greeting after 35 s, delivered", accepted=1, also="greeting-delay", allow="greeting-delay",
                 forbid="greeting-timeout early-talker")]
PROOF = [packets("smtp.response.code==220 && tcp.time_delta > 33"), log(" <= ")]
