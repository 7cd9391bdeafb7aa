"""A self-signed certificate in TLS 1.3: OpenSSL sends alert 48 in clear."""
from labkit.scenario import *

TLS = "selfsigned"


def play(lab):
    lab.postfix()
    lab.s_client("-starttls", "smtp", "-tls1_3", "-verify_return_error")


TRUTH = [session("alert unknown_ca", accepted=0, primary="tls-alert-unknown-ca", points_to="server client", forbid="tls13-abort-by-client cert-self-signed")]
PROOF = [packets("tls.alert_message.desc==48 && ip.src==192.0.2.10")]
