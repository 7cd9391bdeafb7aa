"""A scripted server greets with a line that has no code; smtplib leaves."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: (peer.send("Welcome to mail.partner.example"), peer.drain(5)))
    lab.deliver(timeout=5)


TRUTH = [session("a greeting without a code", accepted=0, primary="greeting-malformed not-smtp", points_to="server middlebox",
                 forbid="greeting-timeout")]
PROOF = [packets("tcp.payload contains \"Welcome\"")]
