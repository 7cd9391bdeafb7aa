"""The certificate is for elsewhere.example: refused by gnutls-cli on 587 in TLS 1.2, and by curl on 465 in TLS 1.3, where nobody sees the name."""
from labkit.scenario import *

TLS = "othername"


def play(lab):
    lab.postfix(services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes", "587 inet n - n - - smtpd"))
    lab.gnutls_cli("--starttls-proto=smtp", "--x509cafile=/etc/lab/ca.pem", "--no-ocsp", "--verify-hostname=mail.partner.example", "--sni-hostname=mail.partner.example",
                   "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2", port=587, talk=b"QUIT\r\n")
    lab.curl("--tlsv1.3", "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:465", url="smtps://mail.partner.example:465")


TRUTH = [session("refused by GnuTLS for its name", accepted=0, primary="cert-name-mismatch tls-alert-bad-certificate", points_to="server client", also="cert-name-mismatch",
                 forbid="cert-expired tls-alert-unknown-ca cert-self-signed"),
         session("refused by curl; what the certificate says is encrypted", accepted=0, primary="tls-closed-after-handshake tls13-abort-by-client tls-alert-bad-certificate",
                 points_to="client server unknown", forbid="cert-name-mismatch implicit-tls-deadlock")]
PROOF = [packets("tls.handshake.type==2", 2), packets("tls.alert_message.desc==42 && ip.src==192.0.2.10")]
