"""smtplib logs in to Postfix (Dovecot SASL, CRAM-MD5) with a wrong password."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.deliver(port=587, login=("alice", "looking-glass"))


# smtplib tries CRAM-MD5, PLAIN and LOGIN one after the other: the password crosses in clear on the second try
TRUTH = [session("535", accepted=0, primary="auth-failed plaintext-auth", points_to="client", also="auth-failed",
                 allow="plaintext-auth auth-without-tls starttls-not-offered", forbid="client-abort-auth auth-not-offered auth-temp-failure")]
PROOF = [packets("smtp.response.code==535"), log("authentication failed")]
