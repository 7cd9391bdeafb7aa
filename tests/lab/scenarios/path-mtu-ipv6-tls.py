"""IPv6, STARTTLS on 587, 300 kB inside TLS: the link swallows IP packets above 1400 octets towards the server and no ICMP says so; smtplib gives up after 40 s."""
from labkit.scenario import *

TLS = "good"
LOG = "inside TLS"
SECONDS = 200


def play(lab):
    lab.postfix(services=("587 inet n - n - - smtpd",))
    lab.link(delay=0.01, over=[1400, 0])
    lab.deliver(to=SERVER6, port=587, starttls=True, timeout=40, message=lab.message(300000))
    lab.sleep(5)


TRUTH = [session("large packets vanish", None, "pmtu-black-hole", "network middlebox", forbid="tls-stalled-server tls-stalled-client retransmission-exhausted one-way-loss zero-window-stall-server tls-silent-close-after-server-flight")]
PROOF = [packets("tcp.analysis.retransmission", 4), packets("tls.handshake.type==1")]
