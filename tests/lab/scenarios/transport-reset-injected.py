"""A firewall on the router resets both sides once 60 kB have passed (conntrack bytes); the server's own packets arrive with a lower TTL."""
from labkit.scenario import *


def play(lab):
    lab.sh("server", "sysctl -qw net.ipv4.ip_default_ttl=54")
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; tcp dport 25 ct original bytes > 60000 reject with tcp reset; "
            "ct state new,established accept; }")
    lab.deliver(size=200_000)


TRUTH = [session("RST forged by the router", accepted=0, primary="tcp-reset-injected tcp-reset-by-server-data", points_to="middlebox",
                 also="tcp-reset-injected data-aborted", forbid="duplicate-delivery-risk sender-stall")]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25 && ip.ttl==64"), packets("ip.src==198.51.100.25 && ip.ttl==53", 5)]
