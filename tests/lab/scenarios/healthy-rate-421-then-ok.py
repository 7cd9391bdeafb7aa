"""A client is told 421 in the greeting (too many connections), comes again 3 s later and delivers."""
from labkit.scenario import *


def play(lab):
    lab.exim(most=1)
    first = lab.connect()
    first.reply(), first.ask("EHLO client.example")
    lab.deliver()
    first.ask("QUIT"), first.fin(), first.drain(), first.close()
    lab.sleep(3)
    lab.deliver()


HEALTHY = True
LOG = "a refused connection has no line in Exim's log"
TRUTH = [session("open, then QUIT", accepted=0), session("421 in the greeting", accepted=0, primary="too-many-connections", points_to="client policy server", allow="too-many-connections greeting-rejected", server_log=False), session("delivered", accepted=1)]
PROOF = [packets("smtp.response.code==421"), log(" <= ")]
