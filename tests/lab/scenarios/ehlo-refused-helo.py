"""A scripted server does not know EHLO (502): smtplib falls back to HELO and delivers."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "EHLO" and (p.send("502 5.5.2 Error: command not recognized") or True)))
    lab.deliver()


TRUTH = [session("EHLO refused, HELO taken, delivered", accepted=1, also="ehlo-fallback-helo", forbid="helo-rejected command-unrecognized server-advertised-but-refused", allow="")]
PROOF = [packets("smtp.response.code==502"), packets("smtp.req.command matches \"(?i)helo\"")]
