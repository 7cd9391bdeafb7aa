"""The router drops every SYN-ACK; recorded at the server, which repeats it while swaks repeats its SYN."""
from labkit.scenario import *

VANTAGE = "server"


def play(lab):
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; tcp sport 25 tcp flags & (syn | ack) == syn | ack drop; }")
    lab.swaks(timeout=12)


TRUTH = [session("SYN-ACKs get no answer", accepted=0, primary="connect-no-ack", points_to="network client",
                 forbid="connect-timeout greeting-timeout", server_log=False)]
PROOF = [packets("tcp.flags==0x012", 2), none("tcp.flags==0x010")]
AT = {"client": seen([session("SYNs get no answer", accepted=0, primary="connect-timeout", points_to="network", server_log=False,
                              forbid="connect-no-ack connect-refused greeting-timeout capture-one-direction")],
                     [packets("tcp.flags.syn==1 && ip.src==192.0.2.10", 3), none("ip.src==198.51.100.25")],
                     "no SYN is answered; that the answers get lost cannot be known.")}
