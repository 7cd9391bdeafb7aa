"""A Postfix client that keeps connections for the next mail (smtp_connection_cache_destinations) to a Postfix server: three mails with pauses of 1 to 3 s over one; then to one whose patience is 3 s and which has closed with 421 when the next mail comes 8 s later over a new connection."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_timeout=3s")
    lab.mta("postfix", main="smtp_connection_cache_destinations = 198.51.100.25, [198.51.100.25], partner.example\nsmtp_connection_cache_time_limit=10s\nconnection_cache_protocol_timeout=5s\n")
    n = 0
    for pause in (1, 1, 8, 1):
        lab.inject()
        n += 1
        lab.wait_for("delivery", lambda: mx.log().count("status=sent") >= n, 60)
        lab.sleep(pause)
    lab.sleep(12)


HEALTHY = True
TRUTH = [session("three mails, then idle", 3, allow="server-timeout-too-short server-idle-timeout", forbid="server-closed-mid-session client-abort-idle service-shutdown tcp-reset-by-client-idle tcp-reset-by-server-idle"),
         session("one more", 1, allow="server-timeout-too-short server-idle-timeout")]
PROOF = [log("status=sent", 4)]
