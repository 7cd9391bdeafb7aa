"""postscreen with its tests after the greeting (pipelining, non-SMTP command, bare newline): a first Postfix delivery passes them and is told 450 to come again; the second attempt is accepted."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("postscreen_greet_action=enforce\npostscreen_pipelining_enable=yes\npostscreen_pipelining_action=enforce\n"
                     "postscreen_non_smtp_command_enable=yes\npostscreen_bare_newline_enable=yes\npostscreen_cache_map=btree:/var/lib/postfix/postscreen_cache\n",
                     services=("25 inet n - n - 1 postscreen", "smtpd pass - - n - - smtpd", "dnsblog unix - - n - 0 dnsblog",
                               "tlsproxy unix - - n - 0 tlsproxy"))
    lab.mta("postfix", main="minimal_backoff_time=62s\nmaximal_backoff_time=70s\nqueue_run_delay=5s")
    lab.inject()
    mx.wait_log("status=sent", 140)
    lab.sleep(1)


HEALTHY = True
TRUTH = [session("450 of postscreen to a newcomer", accepted=0, primary="greylisted", points_to="policy", allow="greylisted", server_log=False),
         session("accepted on retry", accepted=1)]
PROOF = [packets("smtp.response.code==450"), log("PASS NEW"), log("status=sent")]
