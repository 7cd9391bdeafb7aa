"""smtplib sends one message to 120 recipients of OpenSMTPD."""
from labkit.scenario import *


def play(lab):
    lab.opensmtpd()
    lab.deliver(rcpt=[f"user{n}@partner.example" for n in range(120)])


TRUTH = [session("delivered to 120 recipients", accepted=1, forbid="too-many-recipients")]
PROOF = [packets("smtp.req.command matches \"(?i)rcpt\"", 120), log("smtp message ")]
