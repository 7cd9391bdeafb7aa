"""A scripted server never greets; Postfix gives up by its own timer (smtp_helo_timeout, 300 s), for real."""
from labkit.scenario import *

SECONDS = 600


def play(lab):
    lab.scripted(lambda peer: peer.drain(400))
    client = lab.mta("postfix")
    lab.inject()
    client.wait_log("status=deferred", 400)
    lab.sleep(1)


TRUTH = [session("no greeting within 300 s", accepted=0, primary="greeting-timeout", points_to="server",
                 forbid="client-timeout-too-short client-abort-greeting connect-timeout")]
PROOF = [none("tcp.len>0 && ip.src==198.51.100.25"), packets("tcp.time_delta > 295 && ip.src==192.0.2.10")]
