"""A balancer sends a PROXY header to a Postfix that does not expect one."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.send("PROXY TCP4 192.0.2.77 198.51.100.25 40000 25")
    client.reply(), client.reply(), client.ask("EHLO client.example"), client.ask("QUIT")
    client.fin(), client.drain()


TRUTH = [session("PROXY header refused", accepted=0, primary="proxy-protocol-unexpected", points_to="client server", forbid="early-talker-rejected non-smtp-client", server_log=False)]
PROOF = [packets("tcp.payload contains \"PROXY TCP4\""), log("PROXY|non-SMTP|unrecogni|pipelining")]
