"""A scripted server offers STARTTLS and answers it with 454; smtplib gives up."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.scripted(lambda peer: obliging(peer, extensions=("STARTTLS",), override=lambda p, verb, line: verb == "STAR" and (p.send("454 4.7.0 TLS not available due to local problem") or True)))
    lab.deliver(starttls=True)


TRUTH = [session("454 to STARTTLS", accepted=0, primary="starttls-refused", points_to="server", forbid="starttls-handshake-missing starttls-not-offered")]
PROOF = [packets("smtp.response.code==454")]
