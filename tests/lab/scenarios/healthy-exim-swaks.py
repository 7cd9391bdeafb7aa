"""swaks delivers one message to Exim."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    lab.swaks()


TRUTH = [session("delivered", accepted=1)]
PROOF = [log(" <= alice@client.example "), packets("smtp.req.command == QUIT")]
