"""A scripted server never answers AUTH; smtplib's timer is 15 s."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda peer: obliging(peer, extensions=("AUTH CRAM-MD5",), override=lambda p, verb, line: verb == "AUTH" and (p.line(60), "end")[1]), port=587)
    lab.deliver(port=587, login=("alice", "wonderland-7"), timeout=15)


TRUTH = [session("no reply to AUTH", accepted=0, primary="auth-timeout", points_to="server", also="client-timeout-too-short",
                 forbid="auth-failed client-abort-auth auth-cancelled")]
PROOF = [packets("tcp.time_delta > 12 && ip.src==192.0.2.10"), packets("smtp.req.command==\"AUTH\"")]
