"""Python's smtplib delivers one message to Postfix."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.deliver()


TRUTH = [session("delivered", accepted=1)]
PROOF = [log("status=sent"), packets("smtp.req.command matches \"(?i)quit\"")]
