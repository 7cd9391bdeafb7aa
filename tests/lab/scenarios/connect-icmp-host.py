"""The router rejects what goes to port 25 with ICMP host-unreachable; swaks tries."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; tcp dport 25 reject with icmp type host-unreachable; }")
    lab.swaks(timeout=5)


TRUTH = [session("ICMP 3/1 to the SYN", accepted=0, primary="connect-icmp-unreachable", points_to="network",
                 forbid="connect-timeout connect-refused connect-port-unreachable")]
PROOF = [packets("icmp.type==3 && icmp.code==1")]
