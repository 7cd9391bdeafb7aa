"""IPv6: admin prohibited, no route, reject route, port unreachable for the SYN; then a firewall that drops."""
from labkit.scenario import *


def play(lab):
    for kind in ("admin-prohibited", "no-route", "addr-unreachable", "port-unreachable"):
        lab.nft("router", f"chain f {{ type filter hook forward priority 0; ip6 daddr {SERVER6} meta l4proto tcp reject with icmpv6 type {kind}; }}")
        lab.deliver(to=SERVER6, timeout=5)
        lab.forget("router")
        lab.sleep(1)


TRUTH = [session("admin prohibited", accepted=0, primary="connect-admin-prohibited", points_to="policy"),
         session("no route", accepted=0, primary="connect-icmp-unreachable", points_to="network"),
         session("address unreachable", accepted=0, primary="connect-icmp-unreachable", points_to="network"),
         session("port unreachable", accepted=0, primary="connect-port-unreachable", points_to="server middlebox")]
PROOF = [packets("icmpv6.type==1", 4)]
