"""smtplib sends 40 messages on one connection to Exim, msmtp and curl one each."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    lab.deliver(count=40)
    lab.msmtp(), lab.curl()


TRUTH = [session("40 messages", accepted=40), session("delivered", accepted=1, times=2)]
PROOF = [log(" <= ", 42)]
