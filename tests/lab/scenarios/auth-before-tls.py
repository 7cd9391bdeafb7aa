"""Postfix offers AUTH only inside TLS (smtpd_tls_auth_only); a client sends it in clear."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth\nsmtpd_tls_auth_only=yes",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.talk("EHLO client.example", "AUTH LOGIN", port=587)


TRUTH = [session("503 or 538 to AUTH", accepted=0, primary="auth-not-offered auth-requires-tls", points_to="client server",
                 also="auth-not-offered", forbid="auth-failed bad-sequence-disputed plaintext-auth")]
PROOF = [packets("smtp.response.code==503 || smtp.response.code==538")]
