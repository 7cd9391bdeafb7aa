"""Postfix takes only TLS 1.3; s_client offers at most TLS 1.2."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix("smtpd_tls_protocols=TLSv1.3\nsmtpd_tls_mandatory_protocols=TLSv1.3")
    lab.s_client("-starttls", "smtp", "-tls1_2")


TRUTH = [session("alert protocol_version", accepted=0, primary="tls-version-mismatch", points_to="client server unknown",
                 forbid="tls-cipher-mismatch tls-no-serverhello tls-alert-unknown-ca")]
PROOF = [packets("tls.alert_message.desc==70")]
