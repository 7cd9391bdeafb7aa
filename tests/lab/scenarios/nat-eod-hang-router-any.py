"""As healthy-nat-router-any, and the server (scripted) does not answer the dot; smtplib gives up after 15 s."""
from labkit.scenario import *

VANTAGE = "router-any"


def play(lab):
    lab.nft("router", "chain p { type nat hook postrouting priority srcnat; oifname to-server masquerade; }")
    lab.scripted(lambda p: obliging(p, override=lambda p, v, l: v == "DOT" and (p.line(60), "end")[1]))
    lab.deliver(timeout=15)
    lab.sleep(1)


H = dict(accepted=0, primary="data-final-timeout duplicate-delivery-risk", points_to="server client", also="duplicate-delivery-risk", forbid="tcp-reset-injected duplicate-delivery", server_log=False)
LOG = "the server knows one of the two addresses"
TRUTH = [session("before the router", **H), session("behind it", **H)]
PROOF = [packets("ip.src==198.51.100.1"), packets("tcp.time_delta > 10")]
