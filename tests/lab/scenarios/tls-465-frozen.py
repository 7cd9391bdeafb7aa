"""Inside TLS on 465 Dovecot's auth process is stopped: Postfix answers AUTH only after its own time; msmtp-like client (smtplib) gives up after 8 s; another meets a frozen smtpd before the handshake."""
from labkit.scenario import *

TLS = "good"
LOG = "inside TLS"


def play(lab):
    mx = lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth\n", services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",), dovecot=True)
    mx.freeze("master")
    lab.deliver(port=465, implicit=True, timeout=25)
    mx.thaw("master")
    lab.sleep(1)


TRUTH = [session("no ServerHello", primary="tls-no-serverhello starttls-timeout", points_to="server", forbid="implicit-tls-deadlock greeting-timeout plaintext-to-tls-port tls-stalled-client")]
PROOF = [packets("tls.handshake.type==1")]
