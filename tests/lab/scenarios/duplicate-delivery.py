"""Postfix works 25 s at the end of the data (smtpd_end_of_data_restrictions=sleep 25); smtplib gives up after 10 s; Postfix accepts all the same; the client sends the message again and it is accepted: two copies."""
from labkit.scenario import *

LOG = "the server accepted in the first session, which no packet shows: its log has two"


def play(lab):
    mx = lab.postfix("smtpd_end_of_data_restrictions = sleep 25")
    message = lab.message()
    lab.deliver(timeout=10, message=message)
    mx.wait_log("queue active")
    mx.root.run("/usr/sbin/postconf", "-e", "smtpd_end_of_data_restrictions=")
    mx.root.run("/usr/sbin/postfix", "reload")
    lab.sleep(1)
    lab.deliver(message=message)


TRUTH = [session("client left 10 s after the final dot; the server accepted later", accepted=None, primary="duplicate-delivery-risk data-final-timeout",
                 points_to="server client", also="duplicate-delivery-risk client-timeout-too-short", forbid="data-aborted"),
         session("the second copy", accepted=1, allow="duplicate-delivery")]
EXPECT = ["duplicate-delivery"]
PROOF = [log("queue active", 2)]
