"""Postfix on 25, STARTTLS with TLS 1.3 and then 1.2, 32 kB each over a link that loses 8 %, doubles 2 % and reorders 2 % of the packets (user-space link); keys kept; recorded at the client."""
from labkit.scenario import *

TLS = "good"
KEYS = True
FINE = "loss-heavy path-loss capture-duplicates"


def play(lab):
    lab.postfix()
    lab.link(delay=0.005, loss=0.08, double=0.02, reorder=0.02)
    for version in (TLS13, TLS12):
        lab.deliver(starttls=True, version=version, size=16_000, count=2)


TRUTH = [session("two messages delivered", accepted=2, times=2, allow=FINE, forbid="tls-opaque retransmission-exhausted tls-plaintext-mixup")]
# the client cannot send out of order: what tshark calls so at the client (it came within a round trip) was sent again
PROOF = [packets("(tcp.analysis.retransmission || tcp.analysis.out_of_order) && ip.src==192.0.2.10", 3), log("TLSv1.3 with cipher"), log("TLSv1.2 with cipher"), log("queue active", 4)]
