"""curl logs in with CRAM-MD5 on 587 without TLS and delivers."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.curl("--user", "alice:wonderland-7", "--login-options", "AUTH=CRAM-MD5", url=f"smtp://{SERVER}:587")


TRUTH = [session("delivered", accepted=1, forbid="plaintext-auth auth-failed auth-cancelled")]
PROOF = [packets("smtp.response.code==235"), log("sasl_method=CRAM-MD5")]
