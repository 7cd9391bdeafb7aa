"""A scripted client says EHLO before Exim's greeting (which waits 3 s): 554 synchronization error."""
from labkit.scenario import *


def play(lab):
    lab.exim("pipelining_connect_advertise_hosts =\n", connect="warn delay = 3s")
    client = lab.connect()
    client.send("EHLO client.example")
    client.drain(10), client.close()


TRUTH = [session("EHLO before the greeting, refused", accepted=0, primary="early-talker-rejected", points_to="client",
                 also="early-talker", forbid="server-closed-mid-session pipelining-rejected", allow="greeting-rejected", server_log=False)]
PROOF = [packets("smtp.response.code==554"), log("synchronization error")]
