"""Postfix takes 50 recipients of a message (smtpd_recipient_limit): 452 for the rest; smtplib's message goes to the 50."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_recipient_limit=50\nsmtpd_error_sleep_time=0\nsmtpd_soft_error_limit=100\nsmtpd_hard_error_limit=200")
    lab.deliver(rcpt=[f"user{n}@partner.example" for n in range(60)])


TRUTH = [session("452 for ten of sixty, delivered to the others", accepted=1, primary="too-many-recipients", points_to="policy server client",
                 forbid="mailbox-full server-disk-full user-unknown", server_log=False)]
HEALTHY = False
PROOF = [packets("smtp.response.code==452", 10), log("status=sent|queue active")]
