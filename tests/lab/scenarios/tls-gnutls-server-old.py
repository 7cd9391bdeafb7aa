"""gnutls-serv on 465 takes TLS 1.0 and 1.1 alone; s_client wants 1.2 at least: GnuTLS answers with the alert protocol_version."""
from labkit.scenario import *

TLS = "good"
LOG = "gnutls-serv --echo is no mail server"


def play(lab):
    lab.gnutls_serv("--priority=NORMAL:-VERS-ALL:+VERS-TLS1.0:+VERS-TLS1.1")
    lab.s_client("-min_protocol", "TLSv1.2", port=465)


TRUTH = [session("no common version", accepted=0, primary="tls-version-mismatch", points_to="client server unknown",
                 forbid="tls-cipher-mismatch tls-alert-handshake-failure implicit-tls-deadlock greeting-timeout")]
PROOF = [packets("tls.alert_message.desc==70 && ip.src==198.51.100.25")]
