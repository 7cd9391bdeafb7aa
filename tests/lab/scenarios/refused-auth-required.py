"""Submission on 587 without a login: Postfix refuses to relay."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.deliver(port=587, rcpt=["bob@elsewhere.example"])


TRUTH = [session("554 Relay access denied, no login", accepted=0, primary="auth-required relay-denied", points_to="client",
                 forbid="auth-failed user-unknown")]
PROOF = [packets("smtp.response.code==554")]
