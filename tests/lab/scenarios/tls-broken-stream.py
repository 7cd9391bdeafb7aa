"""A scripted server answers the ClientHello with a line of SMTP in clear."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    def answer(peer):
        def override(p, verb, line):
            if verb == "STAR":
                p.send("220 2.0.0 Ready to start TLS")
                p.sock.recv(4096)
                p.send("500 5.5.2 what was that?")
                p.drain(3)
                return "end"
        obliging(peer, extensions=("STARTTLS",), override=override)
    lab.scripted(answer)
    lab.deliver(starttls=True)


TRUTH = [session("plaintext where a ServerHello was due", accepted=0, primary="tls-plaintext-mixup", points_to="server",
                 forbid="starttls-handshake-missing starttls-then-plaintext")]
PROOF = [packets("tls.handshake.type==1"), packets("tcp.payload contains \"what was that\"")]
