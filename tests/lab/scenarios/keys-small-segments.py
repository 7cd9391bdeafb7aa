"""Postfix and Exim with STARTTLS, TLS 1.3 and 1.2, from a client whose interface has an MTU of 300: hellos, certificates and records of 16 kB are split over dozens of segments; keys kept."""
from labkit.scenario import *

TLS = "rsa"
KEYS = True


def play(lab):
    lab.postfix()
    lab.exim(ports="587", rcpt="defer local_parts = later\n     message = Temporary local problem - please try later")
    lab.sh("client", "ip link set dev eth0 mtu 300")
    for version in (TLS13, TLS12):
        lab.deliver(starttls=True, version=version, size=17_500)
        lab.deliver(port=587, starttls=True, version=version, size=3_000, rcpt=["later@partner.example", "bob@partner.example"])


TRUTH = [session("delivered by Postfix", accepted=1, forbid="tls-opaque"),
         session("one recipient deferred by Exim, delivered to the other", accepted=1, primary="server-local-error", points_to="server", forbid="tls-opaque")] * 2
PROOF = [none("tcp.len > 300"), packets("tcp.len > 200", 150), packets("tls.record.length > 4096"), log("queue active", 2), log(" <= .* X=TLS", 2), log("temporarily rejected RCPT", 2)]
