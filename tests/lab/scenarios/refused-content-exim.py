"""Exim refuses contents after the dot: as spam, as a virus, and with a local error (451)."""
from labkit.scenario import *


def play(lab):
    lab.exim(data="deny condition = ${if match{$h_Subject:}{pills}}\n     message = This message was classified as SPAM and may not be delivered\n"
                  "deny condition = ${if match{$h_Subject:}{eicar}}\n     message = This message contains a virus (Eicar-Test-Signature)\n"
                  "defer condition = ${if match{$h_Subject:}{later}}\n     message = Temporary local problem - please try later")
    for subject in ("pills", "eicar", "later"):
        lab.deliver(message=lab.message(subject=subject))


TRUTH = [session("refused as spam", accepted=0, primary="spam-content", points_to="client", forbid="virus-detected duplicate-delivery-risk"),
         session("refused as a virus", accepted=0, primary="virus-detected", points_to="client", forbid="spam-content"),
         session("451 local problem", accepted=0, primary="server-local-error", points_to="server", forbid="greylisted spam-content")]
PROOF = [packets("smtp.response.code==550", 2), packets("smtp.response.code==451"), log("rejected after DATA", 3)]
