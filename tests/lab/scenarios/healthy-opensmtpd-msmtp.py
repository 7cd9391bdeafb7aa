"""msmtp delivers one message to OpenSMTPD."""
from labkit.scenario import *


def play(lab):
    lab.opensmtpd()
    lab.msmtp()


TRUTH = [session("delivered", accepted=1)]
PROOF = [log("smtp message "), packets("smtp.req.command == QUIT")]
