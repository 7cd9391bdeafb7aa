"""Exim's MAIL ACL takes 90 s (as sender verification may); smtplib's timer is 15 s."""
from labkit.scenario import *


def play(lab):
    lab.exim(mail="warn delay = 90s")
    lab.deliver(timeout=15)


TRUTH = [session("no reply to MAIL within 15 s", accepted=0, primary="mail-timeout", points_to="server", also="client-timeout-too-short",
                 forbid="client-abort-mail duplicate-delivery-risk server-closed-mid-session")]
PROOF = [packets("tcp.time_delta > 12 && ip.src==192.0.2.10")]
