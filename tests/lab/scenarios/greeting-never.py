"""Postfix's master is stopped (SIGSTOP): the kernel accepts, nobody greets. swaks gives up at its own 35 s."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    mx.freeze("master")
    lab.swaks(timeout=35)


TRUTH = [session("no greeting within 35 s, then the client closed", accepted=0, primary="greeting-timeout",
                 points_to="server", also="client-timeout-too-short",
                 forbid="client-abort-greeting connect-timeout implicit-tls-deadlock early-talker", server_log=False)]
PROOF = [none("tcp.len>0 && ip.src==198.51.100.25"), packets("tcp.flags.fin==1 && ip.src==192.0.2.10 && tcp.time_relative > 30")]
