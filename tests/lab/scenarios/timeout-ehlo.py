"""Exim's HELO ACL takes 90 s; smtplib's timer is 15 s."""
from labkit.scenario import *


def play(lab):
    lab.exim(helo="warn delay = 90s")
    lab.deliver(timeout=15)


TRUTH = [session("no reply to EHLO within 15 s", accepted=0, primary="ehlo-timeout", points_to="server", also="client-timeout-too-short",
                 forbid="client-abort-ehlo greeting-timeout")]
PROOF = [packets("tcp.time_delta > 12 && ip.src==192.0.2.10")]
