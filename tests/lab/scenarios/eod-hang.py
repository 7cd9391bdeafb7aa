"""Exim's content scanner takes 120 s; smtplib (its timer set to 20 s) gives up waiting for the reply to the final dot."""
from labkit.scenario import *


def play(lab):
    lab.exim(data="warn delay = 120s")
    lab.deliver(timeout=20)


TRUTH = [session("client gave up 20 s after the final dot, which the server had acknowledged", accepted=0,
                 primary="data-final-timeout duplicate-delivery-risk", points_to="server client",
                 also="duplicate-delivery-risk client-timeout-too-short",
                 forbid="data-aborted sender-stall zero-window-stall-server retransmission-exhausted client-abort-eod")]
PROOF = [packets("smtp.eom"), none("tcp.analysis.retransmission"),
         packets("tcp.flags.fin==1 && ip.src==192.0.2.10 && tcp.time_delta > 15")]
AT = {"server": seen([session("client gave up 20 s after the final dot, which had arrived", accepted=0,
                              primary="data-final-timeout duplicate-delivery-risk", points_to="server client", also="duplicate-delivery-risk",
                              forbid="data-aborted sender-stall zero-window-stall-server retransmission-exhausted client-abort-eod one-way-loss")],
                     [packets("smtp.eom"), packets("tcp.flags.fin==1 && ip.src==192.0.2.10")], "the dot arrives, and 20 s later the client's FIN.")}
