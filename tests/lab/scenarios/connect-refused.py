"""No server listens; Postfix tries to deliver."""
from labkit.scenario import *


def play(lab):
    client = lab.mta("postfix")
    lab.inject()
    client.wait_log("Connection refused")


TRUTH = [session("RST to the SYN", accepted=0, primary="connect-refused", points_to="server",
                 forbid="connect-timeout tcp-reset-injected tcp-reset-by-server-greeting")]
PROOF = [packets("tcp.flags.reset==1 && tcp.flags.ack==1 && ip.src==198.51.100.25")]
AT = {"server": seen([session("RST to the SYN", accepted=0, primary="connect-refused", points_to="server",
                              forbid="connect-timeout tcp-reset-injected tcp-reset-by-server-greeting")],
                     [packets("tcp.flags.reset==1 && ip.src==198.51.100.25 && ip.ttl==64")], "the RST leaves with the host's own TTL.")}
