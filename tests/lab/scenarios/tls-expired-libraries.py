"""An expired certificate at Exim and at Postfix, on 25 and 465: refused by gnutls-cli (TLS 1.2: alert 42), by openssl s_client in TLS 1.3 (alert 45 in clear) and by curl on 465 (TLS 1.2)."""
from labkit.scenario import *

TLS = "expired"


def play(lab):
    lab.exim()
    lab.postfix(address="198.51.100.26", services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",))
    lab.gnutls_cli("--starttls-proto=smtp", "--x509cafile=/etc/lab/ca.pem", "--no-ocsp", "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2", talk=b"QUIT\r\n")
    lab.s_client("-starttls", "smtp", "-tls1_3", "-verify_return_error")
    lab.curl("--tlsv1.2", "--tls-max", "1.2", "--cacert", str(lab.ca), "--connect-to", "::198.51.100.26:465", url="smtps://mail.partner.example:465")


TRUTH = [session("alert bad_certificate by GnuTLS", accepted=0, primary="cert-expired tls-alert-bad-certificate", points_to="server", also="cert-expired",
                 forbid="tls-alert-unknown-ca cert-self-signed tls13-abort-by-client"),
         session("alert certificate_expired in TLS 1.3", accepted=0, primary="tls-alert-certificate-expired", points_to="server", forbid="cert-expired tls13-abort-by-client"),
         session("alert certificate_expired on 465", accepted=0, primary="cert-expired tls-alert-certificate-expired", points_to="server", also="cert-expired",
                 forbid="tls-alert-unknown-ca implicit-tls-deadlock")]
PROOF = [packets("tls.alert_message.desc==42 && ip.src==192.0.2.10"), packets("tls.alert_message.desc==45 && ip.src==192.0.2.10", 2)]
