"""One client guesses twelve passwords, a connection each (CRAM-MD5, so none crosses in clear)."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    for n in range(12):
        lab.curl("--user", f"alice:guess{n}", "--login-options", "AUTH=CRAM-MD5", url=f"smtp://{SERVER}:587")


TRUTH = [session("535", accepted=0, primary="auth-failed", points_to="client", forbid="plaintext-auth", times=12)]
EXPECT = ["auth-bruteforce"]
PROOF = [packets("smtp.response.code==535", 12)]
