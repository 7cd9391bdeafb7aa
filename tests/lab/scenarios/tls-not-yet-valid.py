"""The server's certificate begins in three days; openssl s_client refuses it (TLS 1.2)."""
from labkit.scenario import *

TLS = "future"


def play(lab):
    lab.postfix()
    lab.s_client("-starttls", "smtp", "-tls1_2", "-verify_return_error")


TRUTH = [session("refused", accepted=0, primary="cert-not-yet-valid tls-alert-bad-certificate tls-alert-certificate-expired tls-alert-certificate-unknown", points_to="server client",
                 also="cert-not-yet-valid", forbid="cert-expired tls-alert-unknown-ca")]
PROOF = [packets("tls.alert_message.level==2 && ip.src==192.0.2.10")]
