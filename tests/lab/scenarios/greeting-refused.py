"""Exim refuses clients at connect with a 554; swaks quits."""
from labkit.scenario import *


def play(lab):
    lab.exim(connect="drop message = 554 no service for you")
    lab.swaks()


TRUTH = [session("554 greeting", accepted=0, primary="policy-reject greeting-rejected permanent-reject-unclassified", points_to="policy server unknown",
                 also="greeting-rejected", forbid="client-abort-greeting server-closed-mid-session", server_log=False)]
PROOF = [packets("smtp.response.code==554")]
