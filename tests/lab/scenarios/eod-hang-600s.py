"""A scripted server never answers the final dot; Postfix gives up by its own timer, 600 s, for real."""
from labkit.scenario import *

SECONDS = 900


def play(lab):
    lab.scripted(lambda peer: obliging(peer, override=lambda p, verb, line: verb == "DOT" and (p.drain(800), "end")[1]))
    client = lab.mta("postfix")
    lab.inject()
    client.wait_log("status=deferred", 700)
    lab.sleep(1)


TRUTH = [session("Postfix gave up 600 s after the final dot", accepted=0, primary="data-final-timeout duplicate-delivery-risk", points_to="server",
                 also="duplicate-delivery-risk", forbid="client-timeout-too-short data-aborted client-abort-eod tcp-reset-by-client-eod")]
PROOF = [packets("smtp.eom"), packets("tcp.time_delta > 590 && ip.src==192.0.2.10")]
