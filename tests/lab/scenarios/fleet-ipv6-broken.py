"""IPv6 to two servers is dropped on the router, IPv4 works: the client tries both, twice each."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    lab.sh("server", "ip -6 addr add 2001:db8:2::26/64 dev eth0 nodad")
    lab.postfix()
    lab.postfix(address="198.51.100.26")
    lab.nft("router", "chain f { type filter hook forward priority 0; meta nfproto ipv6 drop; }")
    for number in (25, 26, 25, 26):
        lab.deliver(f"2001:db8:2::{number}", timeout=8), lab.deliver(f"198.51.100.{number}")


TRUTH = [t for _ in range(4) for t in (session("IPv6: no answer", accepted=0, primary="connect-timeout address-family-broken", points_to="network"),
                                       session("IPv4: delivered", accepted=1))]
EXPECT = ["address-family-broken"]
PROOF = [none("ipv6.src==2001:db8:2::25"), log("status=sent", 4)]
