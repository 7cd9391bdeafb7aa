"""Postfix takes only CHACHA20 in TLS 1.2; s_client offers only AES-GCM."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix("smtpd_tls_protocols=TLSv1.2\ntls_high_cipherlist=ECDHE-ECDSA-CHACHA20-POLY1305\ntls_medium_cipherlist=ECDHE-ECDSA-CHACHA20-POLY1305")
    lab.s_client("-starttls", "smtp", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")


TRUTH = [session("alert handshake_failure", accepted=0, primary="tls-cipher-mismatch tls-alert-handshake-failure", points_to="client server unknown",
                 forbid="tls-version-mismatch tls-alert-unknown-ca")]
PROOF = [packets("tls.alert_message.desc==40")]
