"""A device on the path resets what looks like TLS: RST right after the ClientHello (scripted server)."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    def answer(peer):
        def override(p, verb, line):
            if verb == "STAR":
                p.send("220 2.0.0 Ready to start TLS")
                p.sock.recv(10)
                p.rst()
                return "end"
        obliging(peer, extensions=("STARTTLS",), override=override)
    lab.scripted(answer)
    lab.deliver(starttls=True)


TRUTH = [session("reset behind the ClientHello", accepted=0, primary="tls-reset-after-clienthello tls-no-serverhello tcp-reset-by-server-tls", points_to="server middlebox", forbid="starttls-handshake-missing")]
PROOF = [packets("tls.handshake.type==1"), packets("tcp.flags.reset==1 && ip.src==198.51.100.25")]
