"""A self-signed certificate: refused in TLS 1.2 by gnutls-cli (alert 42), by curl on 465 in TLS 1.3 (alert 48), by Exim as a client (GnuTLS) that must verify, and by Python's ssl on 587."""
from labkit.scenario import *

TLS = "selfsigned"


def play(lab):
    lab.postfix(services=("25 inet n - n - - smtpd", "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes", "587 inet n - n - - smtpd"))
    lab.gnutls_cli("--starttls-proto=smtp", "--x509cafile=/etc/lab/ca.pem", "--no-ocsp", "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2", talk=b"QUIT\r\n")
    lab.curl("--tlsv1.3", "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:465", url="smtps://mail.partner.example:465")
    lab.deliver(port=587, starttls=True, version=TLS12)
    client = lab.mta("exim", options="  hosts_require_tls = *\n  tls_verify_hosts = *\n  tls_verify_certificates = /etc/lab/ca.pem\n"
                                     "  tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.2")
    lab.inject()
    client.wait_log("certificate verif|TLS session: ")
    lab.sleep(1)
    client.kill("exim4")


TRUTH = [session("alert bad_certificate by GnuTLS", accepted=0, primary="tls-alert-bad-certificate cert-self-signed", points_to="server client", also="cert-self-signed",
                 forbid="cert-expired tls13-abort-by-client"),
         session("alert unknown_ca in TLS 1.3 on 465", accepted=0, primary="tls-alert-unknown-ca", points_to="server client", forbid="implicit-tls-deadlock tls13-abort-by-client"),
         session("alert unknown_ca in TLS 1.2 on 587", accepted=0, primary="tls-alert-unknown-ca cert-self-signed", points_to="server client", forbid="cert-expired"),
         session("an Exim that must verify left behind the handshake with an encrypted alert", accepted=0, primary="tls-closed-after-handshake cert-self-signed",
                 points_to="server client", also="cert-self-signed", forbid="cert-expired tls-no-serverhello tls-session-closed-by-server")]
PROOF = [packets("tls.alert_message.desc==42 && ip.src==192.0.2.10"), packets("tls.alert_message.desc==48 && ip.src==192.0.2.10", 2)]
