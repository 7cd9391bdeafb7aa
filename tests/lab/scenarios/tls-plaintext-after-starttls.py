"""A scripted client goes on in clear after the 220 to STARTTLS."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "STARTTLS", b"EHLO client.example\r\n", 2, end="fin")


TRUTH = [session("plaintext where TLS was due", accepted=0, primary="starttls-then-plaintext", points_to="client", forbid="starttls-handshake-missing starttls-injection")]
PROOF = [packets("tcp.payload contains \"STARTTLS\""), log("SSL_accept error|wrong version")]
