"""curl and smtplib on port 465, TLS 1.2 and TLS 1.3, with AUTH inside."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth",
                services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",), dovecot=True)
    for version in ("--tlsv1.2 --tls-max 1.2", "--tlsv1.3"):
        lab.curl(*version.split(), "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:465", "--user", "alice:wonderland-7",
                 url="smtps://mail.partner.example:465")
    lab.deliver(port=465, implicit=True, login=("alice", "wonderland-7"), version=TLS12)


TRUTH = [session("delivered inside TLS", times=3, forbid="implicit-tls-deadlock")]
PROOF = [packets("tls.handshake.type==1", 3), log("sasl_username=alice", 3)]
