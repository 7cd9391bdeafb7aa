"""The server greets with the client's own name (a scripted server, another host); the delivery goes on: no loop."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, greeting="220 client.example ESMTP", name="client.example"))
    lab.deliver()


TRUTH = [session("the server has the client's name; delivered", accepted=1, forbid="mail-loops-to-self")]
PROOF = [packets("tcp.payload contains \"220 client.example\"")]
