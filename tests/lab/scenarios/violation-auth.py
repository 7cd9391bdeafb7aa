"""AUTH at Postfix: cancelled by the client (*), not base64, a mechanism that is not offered, LOGIN in clear with the right password."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                services=("587 inet n - n - - smtpd",), dovecot=True)
    lab.talk("EHLO client.example", "AUTH CRAM-MD5", "*", port=587)
    lab.talk("EHLO client.example", "AUTH PLAIN ???not-base64???", port=587)
    lab.talk("EHLO client.example", "AUTH GSSAPI", port=587)
    lab.deliver(port=587, login=None)
    lab.swaks("--port", "587", "--auth", "LOGIN", "--auth-user", "alice", "--auth-password", "wonderland-7")


TRUTH = [session("cancelled", accepted=0, also="auth-cancelled", allow="auth-cancelled", forbid="auth-failed"),
         session("not base64", accepted=0, primary="auth-malformed auth-failed plaintext-auth", points_to="client"),
         session("no such mechanism", accepted=0, primary="auth-mechanism-unsupported", points_to="client", forbid="auth-failed", server_log=False),
         session("no login, local recipient: delivered", accepted=1, allow="starttls-not-offered", forbid="auth-required"),
         session("password in clear, delivered", accepted=1, primary="plaintext-auth", points_to="client server", forbid="auth-failed")]
PROOF = [packets("smtp.response.code==235"), packets("smtp.response.code==535", 2), packets("smtp.response.code==501")]
