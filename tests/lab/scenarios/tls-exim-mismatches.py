"""Exim (GnuTLS) takes only TLS 1.3 on 25, only ECDHE with CHACHA20 in TLS 1.2 on 465: s_client offers TLS 1.2 to the first, AES to the second; GnuTLS says alert 40 to both."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.exim("tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3\n")
    lab.exim("tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305\n", address="198.51.100.26", ports="465")
    lab.s_client("-starttls", "smtp", "-tls1_2")
    lab.s_client("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", to="198.51.100.26", port=465)


TRUTH = [session("no common version", accepted=0, primary="tls-version-mismatch tls-alert-handshake-failure", points_to="client server unknown",
                 forbid="tls-cipher-mismatch tls-no-serverhello tls-alert-unknown-ca"),
         session("no common cipher", accepted=0, primary="tls-cipher-mismatch tls-alert-handshake-failure", points_to="client server unknown",
                 forbid="tls-version-mismatch tls-no-serverhello implicit-tls-deadlock")]
PROOF = [packets("tls.alert_message.desc==40 && ip.src==198.51.100.25"), packets("tls.alert_message.desc==40 && ip.src==198.51.100.26")]
