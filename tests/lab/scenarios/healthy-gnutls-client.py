"""gnutls-cli says STARTTLS to Postfix, NOOP and QUIT inside TLS 1.3."""
from labkit.scenario import *

TLS = "good"
LOG = "nothing was sent"


def play(lab):
    lab.postfix()
    lab.gnutls_cli("--starttls-proto=smtp", "--x509cafile=/etc/lab/ca.pem", "--verify-hostname=mail.partner.example",
                   talk=b"EHLO client.example\r\nNOOP\r\nQUIT\r\n")


TRUTH = [session("a probe inside TLS")]
PROOF = [packets("tls.handshake.type==1"), log("TLS connection established")]
