"""Postfix on 465, TLS 1.2 from the first byte; curl, smtplib and s_client keep their keys: delivered, relaying refused, a probe."""
from labkit.scenario import *

TLS = "good"
KEYS = True


def play(lab):
    lab.postfix(services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",))
    lab.curl("--tlsv1.2", "--tls-max", "1.2", "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:465", url="smtps://mail.partner.example:465",
             size=20_000)
    lab.deliver(port=465, implicit=True, version=TLS12, rcpt=["bob@elsewhere.example"])
    lab.deliver(port=465, implicit=True, version=TLS12, rcpt=["bob@elsewhere.example", "bob@partner.example"])
    lab.s_client("-tls1_2", "-ign_eof", port=465, talk=b"EHLO client.example\nNOOP\nQUIT\n")


TRUTH = [session("delivered", accepted=1, forbid="implicit-tls-deadlock tls-opaque"),
         session("relaying refused, nobody having logged in", accepted=0, primary="auth-required", points_to="client", forbid="tls-opaque user-unknown"),
         session("one of two recipients refused", accepted=1, primary="auth-required", points_to="client", forbid="tls-opaque"),
         session("a probe", accepted=0, forbid="tls-opaque tls-closed-after-handshake")]
PROOF = [packets("tls.handshake.type==1", 4), log("TLSv1.2 with cipher", 4), log("queue active", 2), log("reject: RCPT", 2)]
