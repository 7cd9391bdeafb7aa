"""A scripted server accepts the connection and resets it at once."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: peer.rst())
    lab.deliver()


TRUTH = [session("reset before a greeting", accepted=0, primary="tcp-reset-by-server-greeting", points_to="server",
                 forbid="connect-refused tcp-reset-injected")]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25"), packets("tcp.flags==0x012"), none("tcp.len>0 && ip.src==198.51.100.25")]
