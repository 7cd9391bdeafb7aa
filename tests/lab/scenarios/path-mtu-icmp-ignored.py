"""The same, but the client's own firewall drops the ICMP: full segments never arrive; smtplib gives up after 40 s. Recorded in front of that firewall."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.sh("router", "ip route replace 198.51.100.0/24 dev to-server src 198.51.100.1 mtu 1300")
    lab.sh("client", "sysctl -qw net.ipv4.tcp_mtu_probing=0")
    lab.nft("client", "chain i { type filter hook input priority 0; icmp type destination-unreachable drop; }")
    lab.deliver(size=60_000, timeout=40)


TRUTH = [session("the client does not heed ICMP too-big", accepted=0, primary="pmtu-ignored pmtu-black-hole", points_to="client network middlebox",
                 forbid="sender-stall zero-window-stall-server data-final-timeout")]
PROOF = [packets("icmp.type==3 && icmp.code==4", 3)]
