"""587: after 334 the client says nothing more; Postfix with Dovecot (smtpd_timeout 20 s) says 421 and closes. Then a client that takes 8 s for its answer and delivers."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_timeout=20s\nsmtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth\n", services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.talk("EHLO client.example", "AUTH CRAM-MD5", end="", port=587)
    c = lab.connect(port=587)
    c.reply(), c.ask("EHLO client.example")
    challenge = c.ask("AUTH CRAM-MD5")
    import base64, hmac
    lab.sleep(8)
    digest = hmac.new(b"wonderland-7", base64.b64decode(challenge[4:]), "md5").hexdigest()
    c.ask(base64.b64encode(f"alice {digest}".encode()).decode())
    for line in ("MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        c.ask(line)
    c.ask("Subject: x", "", "text", "."), c.ask("QUIT"), c.close()


TRUTH = [session("client silent in AUTH", 0, "server-idle-timeout server-timeout-too-short", "client server", also="server-idle-timeout", forbid="auth-timeout auth-failed auth-temp-failure service-shutdown server-closed-mid-session auth-cancelled"),
         session("slow log-in, delivered", 1, forbid="auth-failed")]
PROOF = [packets("smtp.response.code==421"), packets("smtp.response.code==235")]
