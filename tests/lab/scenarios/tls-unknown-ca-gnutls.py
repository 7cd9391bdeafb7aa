"""A self-signed certificate in TLS 1.3: GnuTLS leaves with one encrypted record and FIN."""
from labkit.scenario import *

TLS = "selfsigned"


def play(lab):
    lab.postfix()
    lab.gnutls_cli("--starttls-proto=smtp", "--x509cafile=/etc/ssl/certs/ISRG_Root_X1.pem", "--no-ocsp", talk=b"QUIT\r\n")


TRUTH = [session("client left after the server's encrypted flight", accepted=0, primary="tls13-abort-by-client", points_to="server client unknown",
                 forbid="tls-alert-unknown-ca tls-silent-close-after-server-flight")]
PROOF = [packets("tls.handshake.type==2"), packets("tcp.flags.fin==1 && ip.src==192.0.2.10")]
