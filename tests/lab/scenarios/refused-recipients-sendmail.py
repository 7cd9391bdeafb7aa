"""Sendmail will not relay: a recipient elsewhere is refused (550 5.7.1), in the second session one of two."""
from labkit.scenario import *


def play(lab):
    lab.sendmail()
    lab.deliver(rcpt=["carol@elsewhere.example"])
    lab.deliver(rcpt=["carol@elsewhere.example", "bob@partner.example"])


TRUTH = [session("relaying denied", accepted=0, primary="relay-denied", points_to="client recipient policy server", forbid="user-unknown mailbox-disabled"),
         session("one of two recipients refused", accepted=1, also="relay-denied", allow="relay-denied", forbid="user-unknown mailbox-disabled")]
PROOF = [packets("smtp.response.code==550", 2), log("reject=550 5.7.1", 2)]
HEALTHY = False
