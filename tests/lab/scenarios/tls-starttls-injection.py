"""A scripted client sends a command behind STARTTLS in the same segment; the server must not take it into TLS."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", b"STARTTLS\r\nNOOP\r\n", None, 2, end="fin")


TRUTH = [session("plaintext behind STARTTLS", accepted=0, primary="starttls-injection starttls-handshake-missing starttls-then-plaintext", points_to="client", also="starttls-injection")]
PROOF = [packets("tcp.payload contains \"STARTTLS\\r\\nNOOP\"")]
