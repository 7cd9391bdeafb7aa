"""A self-signed certificate, TLS 1.2 by STARTTLS: openssl s_client refuses it with alert 48."""
from labkit.scenario import *

TLS = "selfsigned"


def play(lab):
    lab.postfix()
    lab.s_client("-starttls", "smtp", "-tls1_2", "-verify_return_error")


TRUTH = [session("client sent alert unknown_ca", accepted=0, primary="tls-alert-unknown-ca cert-self-signed",
                 points_to="server client", also="tls-alert-unknown-ca", forbid="tls-no-serverhello cert-expired")]
PROOF = [packets("tls.alert_message.desc==48 && ip.src==192.0.2.10"), log("unknown ca")]
