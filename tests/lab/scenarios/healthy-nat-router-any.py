"""A router that rewrites the client's address (masquerade) is recorded on all its interfaces: each connection is there twice under two addresses. Two deliveries; nothing is wrong, nothing was delivered twice."""
from labkit.scenario import *

VANTAGE = "router-any"


def play(lab):
    lab.nft("router", "chain p { type nat hook postrouting priority srcnat; oifname to-server masquerade; }")
    lab.postfix()
    lab.deliver(count=2)
    lab.swaks()


LOG = "the server knows one of the two addresses"
TRUTH = [session("before the router", 2, forbid="duplicate-delivery", server_log=False), session("behind it", 2, forbid="duplicate-delivery", server_log=False),
         session("before the router", 1, server_log=False), session("behind it", 1, server_log=False)]
PROOF = [packets("ip.src==198.51.100.1"), log("status=sent", 3)]
