"""Postfix limits connections of one client to two at a time (anvil): the third gets 421 too many connections."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_client_connection_count_limit=2\nsmtpd_client_event_limit_exceptions=")
    first, second = lab.connect(), lab.connect()
    for client in (first, second):
        client.reply(), client.ask("EHLO client.example")
    lab.deliver()
    for client in (first, second):
        client.ask("QUIT"), client.fin(), client.drain()


TRUTH = [session("open, then QUIT", accepted=0, times=2), session("421 too many connections", accepted=0, primary="too-many-connections", points_to="client policy",
                                                                  forbid="server-not-accepting rate-limited", server_log=False)]
HEALTHY = False
PROOF = [packets("smtp.response.code==421"), log("Connection concurrency limit")]
