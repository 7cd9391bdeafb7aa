"""A scripted client says STARTTLS, gets its 220 and sends nothing for 12 s, then leaves."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "STARTTLS", 12, end="fin")


TRUTH = [session("no handshake", accepted=0, primary="starttls-handshake-missing", points_to="client", forbid="tls-no-serverhello starttls-timeout")]
PROOF = [none("tls"), packets("smtp contains \"STARTTLS\" && ip.src==192.0.2.10")]
