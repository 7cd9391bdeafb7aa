"""STARTTLS on 587, a message of 600 kB inside TLS 1.3 over 20 ms; after 60 kB the path swallows everything in both directions; smtplib gives up after 40 s."""
from labkit.scenario import *

TLS = "good"
LOG = "inside TLS"
SECONDS = 200


def play(lab):
    lab.postfix(services=("587 inet n - n - - smtpd",))
    lab.link(delay=0.01, bytes=[60000, 0])
    lab.deliver(port=587, starttls=True, timeout=40, message=lab.message(600000))
    lab.link(cut=True)
    lab.sleep(3)


TRUTH = [session("the path swallows the content inside TLS", None, "retransmission-exhausted one-way-loss pmtu-black-hole", "network",
                 forbid="tls-stalled-server tls-stalled-client zero-window-stall-server sender-stall tls-session-closed-by-server duplicate-delivery-risk")]
PROOF = [packets("tcp.analysis.retransmission", 4), packets("tls.handshake.type==1")]
