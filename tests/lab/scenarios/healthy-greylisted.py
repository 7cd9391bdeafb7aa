"""Postfix's server defers a first attempt (450 with the word greylisted); the Postfix client tries again and is accepted."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_recipient_restrictions = check_recipient_access regexp:/etc/postfix/grey, reject_unauth_destination")
    mx.root.write("/etc/postfix/grey", "/./ 450 4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/partner.example.html\n")
    lab.mta("postfix", main="minimal_backoff_time=62s\nmaximal_backoff_time=70s\nqueue_run_delay=5s")
    lab.inject()
    mx.wait_log("450 4.2.0")
    mx.root.write("/etc/postfix/grey", "/./ DUNNO\n")
    mx.root.run("/usr/sbin/postfix", "reload")
    mx.wait_log("status=sent", 140)
    lab.sleep(1)


HEALTHY = True
TRUTH = [session("450 greylisted", accepted=0, primary="greylisted", points_to="policy", allow="greylisted",
                 forbid="transient-reject-unclassified rate-limited"),
         session("accepted on retry", accepted=1)]
PROOF = [packets("smtp.response.code==450"), packets("smtp.response.code==250 && smtp contains \"queued as\"")]
