"""Dovecot's auth process is stopped (SIGSTOP): Postfix answers AUTH with 454 after 10 s."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                     services=("587 inet n - n - - smtpd",), dovecot=True)
    client = lab.connect(port=587)
    client.reply(), client.ask("EHLO client.example")
    lab.sleep(1)
    assert mx.freeze("auth")
    client.ask("AUTH CRAM-MD5"), client.ask("QUIT")
    client.fin(), client.drain()


TRUTH = [session("454 to AUTH", accepted=0, primary="auth-temp-failure", points_to="server", forbid="auth-failed client-abort-auth auth-cancelled auth-timeout")]
PROOF = [packets("smtp.response.code==454"), log("Connection lost to authentication server")]
