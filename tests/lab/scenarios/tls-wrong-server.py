"""The name asked for leads to another's server: gnutls-cli refuses what it finds there, openssl s_client on 587 goes on; a third asks by a name of the same domain."""
from labkit.scenario import *

TLS = "good"
ASKED = "mail.relay.example"


def play(lab):
    lab.postfix(services=("587 inet n - n - - smtpd",))
    gnutls = ("--starttls-proto=smtp", "--x509cafile=/etc/lab/ca.pem", "--no-ocsp", "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2")
    lab.gnutls_cli(*gnutls, f"--verify-hostname={ASKED}", f"--sni-hostname={ASKED}", port=587, talk=b"QUIT\r\n")
    lab.s_client("-starttls", "smtp", "-tls1_2", "-servername", ASKED, port=587)
    lab.gnutls_cli(*gnutls, "--verify-hostname=smtp.partner.example", "--sni-hostname=smtp.partner.example", port=587, talk=b"QUIT\r\n")


REFUSED = "cert-name-mismatch tls-alert-bad-certificate tls-alert-certificate-unknown"
TRUTH = [session("refused: a server of another domain", accepted=0, primary=REFUSED, points_to="server client", also="connect-wrong-target",
                 forbid="tls-no-serverhello cert-self-signed"),
         session("nobody looked at the name", accepted=0, also="connect-wrong-target", forbid="cert-self-signed"),
         session("refused: another name of the same domain", accepted=0, primary=REFUSED, points_to="server client", forbid="connect-wrong-target")]
PROOF = [packets(f"tls.handshake.extensions_server_name==\"{ASKED}\"", 2), packets("tls.alert_message.desc==42 && ip.src==192.0.2.10", 2)]
