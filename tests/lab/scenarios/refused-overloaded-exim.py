"""Exim at its limit of connections (smtp_accept_max = 1): a second client is told 421 Too many concurrent connections."""
from labkit.scenario import *


def play(lab):
    lab.exim(most=1)
    first = lab.connect()
    first.reply(), first.ask("EHLO client.example")
    lab.deliver()
    first.ask("QUIT"), first.fin(), first.drain()


TRUTH = [session("held open, then QUIT", accepted=0), session("421 too many connections", accepted=0, primary="too-many-connections server-not-accepting server-overloaded", points_to="client policy server", server_log=False)]
HEALTHY = False
PROOF = [packets("smtp.response.code==421")]
