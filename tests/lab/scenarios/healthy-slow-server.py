"""Exim takes 4 s for each of HELO, MAIL, RCPT, DATA and the end of the content: slow but legal; swaks delivers."""
from labkit.scenario import *


def play(lab):
    lab.exim(helo="warn delay = 4s", mail="warn delay = 4s", rcpt="warn delay = 4s", predata="warn delay = 4s", data="warn delay = 4s")
    lab.swaks()


TRUTH = [session("delivered", accepted=1, forbid="ehlo-timeout mail-timeout rcpt-timeout data-final-timeout client-timeout-too-short")]
PROOF = [packets("tcp.time_delta > 3.5 && ip.src==198.51.100.25", 5), log(" <= ")]
