"""Postfix takes 10 recipients a mail (452 4.5.3 for more): the Postfix client sends the rest in a second transaction of the session; all are delivered."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_recipient_limit=10\nsmtpd_recipient_overshoot_limit=1000\n")
    lab.mta("postfix", main="minimal_backoff_time=5s\nqueue_run_delay=5s\n")
    lab.inject(rcpt=[f"user{n}@partner.example" for n in range(15)])
    lab.sleep(20)


HEALTHY = True
TRUTH = [session("delivered to ten, five put off", accepted=None, allow="too-many-recipients", primary="too-many-recipients", points_to="policy client", server_log=False), session("the rest", accepted=1)]
PROOF = [packets("smtp.response.code==452")]
