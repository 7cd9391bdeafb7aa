"""A scripted server on port 25 speaks SSH; smtplib tries."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: (peer.send("SSH-2.0-OpenSSH_9.2p1 Debian-2"), peer.drain(5)))
    lab.deliver(timeout=5)


TRUTH = [session("an SSH banner on port 25", accepted=0, primary="not-smtp greeting-malformed", points_to="server client",
                 forbid="greeting-timeout client-abort-greeting")]
PROOF = [packets("tcp.payload contains \"SSH-2.0\"")]
