"""A firewall on the router rejects what one client sends to port 25 with a forged RST; the server listens and hears of nothing; another client delivers. The client cannot tell who refused."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; ip saddr 192.0.2.10 tcp dport 25 reject with tcp reset; }")
    lab.swaks(timeout=10)
    lab.deliver(source="192.0.2.11")


TRUTH = [session("RST to the SYN, the server's address in it", accepted=0, primary="connect-refused", points_to="server middlebox network policy",
                 forbid="connect-timeout tcp-reset-by-server-greeting connect-client-rst-synack"),
         session("the other client delivers", accepted=1)]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25", 1, 1), log(r"smtpd\[\d+\]: connect from", 1, 1)]
AT = {"server": seen([session("the other client delivers", accepted=1)], [none("ip.addr==192.0.2.10")], "only the other client is there.")}
