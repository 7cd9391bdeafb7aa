"""The path to the server takes 1300 bytes (route MTU on the router), the router says so by ICMP: the client sends smaller segments, the delivery goes well."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.sh("router", "ip route replace 198.51.100.0/24 dev to-server src 198.51.100.1 mtu 1300")
    lab.deliver(size=60_000)


TRUTH = [session("fragmentation needed, then smaller segments; delivered", accepted=1, allow="icmp-frag-needed", forbid="pmtu-black-hole pmtu-ignored icmp-unreachable-mid-session")]
PROOF = [packets("icmp.type==3 && icmp.code==4"), log("status=sent")]
