"""smtplib tries CRAM-MD5 (whose secret the server does not have: 535), then PLAIN, which is accepted, and delivers; a person cancels a login with * and logs in again."""
from labkit.scenario import *


def play(lab):
    import base64
    mx = lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                     services=("587 inet n - n - - smtpd",), dovecot=True)
    mx.root.write("/etc/dovecot/users", "alice:{SHA256-CRYPT}$5$abcdefgh$s.wnRk0FaaZfVkWd5T/PS7hhXJpkXZ6ABZsaRrXKNm1\nbob:{PLAIN}wonderland-7\n")
    lab.deliver(port=587, login=("bob", "wonderland-7"))
    plain = base64.b64encode(b"\0bob\0wonderland-7").decode()
    lab.talk("EHLO client.example", "AUTH LOGIN", "*", f"AUTH PLAIN {plain}", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             b"Subject: x\r\n\r\ntext\r\n.\r\n", None, port=587)


HEALTHY = True
TRUTH = [session("delivered", accepted=1, allow="plaintext-auth auth-without-tls starttls-not-offered", times=2, forbid="auth-failed client-abort-auth")]
PROOF = [log("status=sent", 2)]
