"""curl delivers one message to Python's aiosmtpd."""
from labkit.scenario import *


def play(lab):
    lab.aiosmtpd()
    lab.curl()


TRUTH = [session("delivered", accepted=1)]
PROOF = [log("accepted"), packets("smtp.req.command == QUIT")]
