"""Inside TLS, where a watcher sees nothing: a wrong password, an unknown recipient, greylisting, a relay denied; the clients say QUIT."""
from labkit.scenario import *

TLS = "good"
LOG = "what was refused inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.postfix("smtpd_sasl_auth_enable=yes\nsmtpd_sasl_type=dovecot\nsmtpd_sasl_path=private/auth\n"
                     "smtpd_recipient_restrictions = reject_unauth_destination, check_recipient_access regexp:/etc/postfix/grey",
                     services=("587 inet n - n - - smtpd",), dovecot=True)
    mx.root.write("/etc/postfix/grey", "/^grey/ 450 4.2.0 Greylisted\n/^no/ 550 5.1.1 unknown\n")
    for version in (TLS12, TLS13):
        for rcpt, login in (("bob@partner.example", ("alice", "wrong")), ("no@partner.example", None), ("grey@partner.example", None), ("bob@other.example", None)):
            lab.deliver(port=587, starttls=True, version=version, rcpt=[rcpt], login=login)
    lab.swaks("-tls", "--port", "587", "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "wrong")
    lab.curl("--ssl-reqd", "--insecure", "--user", "alice:wrong", url=f"smtp://{SERVER}:587")


TRUTH = [session("refused inside TLS", times=9)]
PROOF = [log("reject: RCPT", 6), packets("tls.handshake.type==1", 9)]
