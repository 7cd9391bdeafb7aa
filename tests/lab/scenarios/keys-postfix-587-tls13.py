"""Submission to Postfix on 587, STARTTLS with TLS 1.3, AUTH PLAIN inside; smtplib and curl keep their keys: delivered, refused, delivered to one of two."""
from labkit.scenario import *

TLS = "good"
KEYS = True


def play(lab):
    mx = lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth\nsmtpd_tls_auth_only=yes\n"
                     "smtpd_recipient_restrictions=check_recipient_access regexp:/etc/postfix/box\n",
                     services=("587 inet n - n - - smtpd",), dovecot=True)
    mx.root.write("/etc/postfix/box", "/^full@/ 552 5.2.2 Mailbox full\n/^later@/ 451 4.3.0 Temporary local problem\n")
    inside = {"port": 587, "starttls": True, "login": ("alice", "wonderland-7"), "version": TLS13}
    lab.deliver(count=2, **inside)
    lab.deliver(rcpt=["full@partner.example"], **inside)
    lab.deliver(rcpt=["later@partner.example", "bob@partner.example"], **inside)
    lab.curl("--ssl-reqd", "--tlsv1.3", "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:587", "--user", "alice:wonderland-7",
             url="smtp://mail.partner.example:587")


TRUTH = [session("two messages delivered", accepted=2, forbid="plaintext-auth tls-opaque"),
         session("mailbox full", accepted=0, primary="mailbox-full", points_to="server", forbid="tls-opaque tls-closed-after-handshake"),
         session("one recipient deferred, delivered to the other", accepted=1, primary="server-local-error", points_to="server", forbid="tls-opaque"),
         session("delivered", accepted=1, forbid="plaintext-auth tls-opaque")]
PROOF = [packets("tls.handshake.type==1", 4), log("TLSv1.3 with cipher", 4), log("queue active", 4), log("reject: RCPT", 2)]
