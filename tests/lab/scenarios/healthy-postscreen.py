"""Postfix with postscreen: the line 220- at once, the rest after its 6 s; Postfix delivers."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("postscreen_greet_action=enforce\npostscreen_upstream_proxy_protocol=",
                     services=("25 inet n - n - 1 postscreen", "smtpd pass - - n - - smtpd", "dnsblog unix - - n - 0 dnsblog",
                               "tlsproxy unix - - n - 0 tlsproxy"))
    lab.mta("postfix")
    lab.inject()
    mx.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("delivered after the wait", accepted=1, forbid="greeting-timeout reply-multiline-inconsistent early-talker")]
PROOF = [packets("smtp contains \"220-\""), packets("smtp.response.code==220 && tcp.time_relative > 5"), log("status=sent")]
