"""The server demands a client certificate, the client has none: Exim (GnuTLS, tls_verify_hosts) ends it with an alert, in TLS 1.3 an encrypted one; Postfix (OpenSSL, smtpd_tls_req_ccert) completes the handshake, then speaks and closes. TLS 1.2 and 1.3."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.exim("tls_verify_hosts = *\ntls_verify_certificates = /etc/lab/ca.pem\n")
    lab.postfix("smtpd_tls_security_level=encrypt\nsmtpd_tls_req_ccert=yes\nsmtpd_tls_CAfile=/etc/lab/ca.pem\n", address="198.51.100.26",
                services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",))
    for version in (TLS12, TLS13):
        lab.deliver(starttls=True, version=version)
        lab.sleep(1)
        lab.deliver(to="198.51.100.26", port=465, implicit=True, version=version)


TRUTH = [session("Exim, TLS 1.2", accepted=0, primary="tls-alert-other tls-alert-handshake-failure tls-alert-bad-certificate", points_to="client", forbid="tls-session-closed-by-server tls-no-serverhello"),
         session("Postfix, TLS 1.2", accepted=0, primary="tls-session-closed-by-server", points_to="client", forbid="tls-closed-after-handshake tls-cipher-mismatch"),
         session("Exim, TLS 1.3", accepted=0, primary="tls13-encrypted-abort-by-server", points_to="client", forbid="tls-closed-after-handshake"),
         session("Postfix, TLS 1.3", accepted=0, primary="tls-session-closed-by-server", points_to="client server unknown", forbid="tls-closed-after-handshake")]
PROOF = [packets("tls.handshake.type==13", 2), packets("tls.alert_message.level==2 && tcp.srcport==25"), log("No client certificate presented", 2), log("No certificate was found|certificate_required|Certificate is required")]
