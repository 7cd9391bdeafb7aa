"""Exim's RCPT ACL takes 90 s; smtplib's timer is 15 s."""
from labkit.scenario import *


def play(lab):
    lab.exim(rcpt="warn delay = 90s")
    lab.deliver(timeout=15)


TRUTH = [session("no reply to RCPT within 15 s", accepted=0, primary="rcpt-timeout", points_to="server", also="client-timeout-too-short",
                 forbid="client-abort-rcpt duplicate-delivery-risk")]
PROOF = [packets("tcp.time_delta > 12 && ip.src==192.0.2.10")]
