"""Postfix as a client may use TLS; the server's certificate key and chain are fine but it takes only TLS 1.3 and the client only 1.2: the handshake fails, Postfix delivers in clear when it tries again."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    mx = lab.postfix("smtpd_tls_protocols=TLSv1.3\nsmtpd_tls_mandatory_protocols=TLSv1.3")
    client = lab.mta("postfix", main="smtp_tls_security_level=may\nsmtp_tls_protocols=TLSv1.2\nminimal_backoff_time=10s\nmaximal_backoff_time=3600s\nqueue_run_delay=3600s")
    lab.inject()
    client.wait_log("status=deferred")
    lab.sleep(12)  # in clear only a mail older than minimal_backoff_time, once TLS has failed again
    client.root.run("/usr/sbin/postqueue", "-f")
    mx.wait_log("queue active", 100)
    lab.sleep(1)


TRUTH = [session("handshake failed", times=2, accepted=0, primary="tls-version-mismatch", points_to="client server unknown"),
         session("delivered in clear", accepted=1, allow="tls-fallback-plaintext", forbid="starttls-stripped")]
EXPECT = ["tls-fallback-plaintext"]
PROOF = [packets("tls.alert_message.desc==70"), log("queue active")]
