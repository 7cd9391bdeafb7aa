"""OpenSMTPD refuses a recipient whose domain is not its own."""
from labkit.scenario import *


def play(lab):
    lab.opensmtpd()
    lab.deliver(rcpt=["bob@elsewhere.example"])


TRUTH = [session("550 Invalid recipient", accepted=0, primary="relay-denied user-unknown recipient-restricted address-rejected permanent-reject-unclassified policy-reject",
                 points_to="client policy unknown")]
PROOF = [packets("smtp.response.code==550"), log("failed-command")]
