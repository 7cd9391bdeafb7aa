"""smtplib submits on 587: STARTTLS (TLS 1.3, verified), AUTH PLAIN inside TLS (Dovecot SASL)."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth\nsmtpd_tls_auth_only=yes",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.deliver(port=587, starttls=True, login=("alice", "wonderland-7"))


TRUTH = [session("delivered inside TLS", forbid="plaintext-auth auth-failed")]
PROOF = [packets("tls.handshake.type==1"), log("sasl_username=alice")]
