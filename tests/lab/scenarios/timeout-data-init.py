"""Exim's predata ACL takes 90 s; smtplib's timer is 15 s."""
from labkit.scenario import *


def play(lab):
    lab.exim(predata="warn delay = 90s")
    lab.deliver(timeout=15)


TRUTH = [session("no reply to DATA within 15 s", accepted=0, primary="data-init-timeout", points_to="server", also="client-timeout-too-short",
                 forbid="client-abort-data-init duplicate-delivery-risk data-aborted")]
PROOF = [packets("tcp.time_delta > 12 && ip.src==192.0.2.10")]
