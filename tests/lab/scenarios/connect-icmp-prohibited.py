"""The router rejects with ICMP admin-prohibited, over IPv4 and over IPv6."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; tcp dport 25 reject with icmpx type admin-prohibited; }")
    lab.swaks(timeout=5), lab.swaks(to=SERVER6, timeout=5)


TRUTH = [session("ICMP prohibited", accepted=0, primary="connect-admin-prohibited", points_to="policy", times=2,
                 forbid="connect-timeout connect-refused connect-icmp-unreachable")]
PROOF = [packets("icmp.type==3 && icmp.code==13"), packets("icmpv6.type==1 && icmpv6.code==1")]
AT = {"server": seen([], [none("tcp")], "nothing arrives, so nothing is told.")}
