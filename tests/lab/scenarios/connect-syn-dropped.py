"""The router drops what goes to port 25; swaks gives up after 16 s."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; tcp dport 25 drop; }")
    lab.swaks(timeout=16)


TRUTH = [session("no SYN was answered", accepted=0, primary="connect-timeout", points_to="network",
                 forbid="connect-refused connect-no-ack capture-one-direction")]
PROOF = [packets("tcp.flags.syn==1 && ip.src==192.0.2.10", 4), none("ip.src==198.51.100.25")]
AT = {"server": seen([], [none("tcp")], "nothing arrives, so nothing is told.")}
