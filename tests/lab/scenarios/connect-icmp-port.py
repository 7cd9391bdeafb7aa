"""The server's own firewall rejects with ICMP port-unreachable."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.nft("server", "chain f { type filter hook input priority 0; tcp dport 25 reject with icmp type port-unreachable; }")
    lab.swaks(timeout=5)


TRUTH = [session("ICMP 3/3 to the SYN", accepted=0, primary="connect-port-unreachable", points_to="server",
                 forbid="connect-timeout connect-refused connect-admin-prohibited")]
PROOF = [packets("icmp.type==3 && icmp.code==3 && ip.src==198.51.100.25")]
