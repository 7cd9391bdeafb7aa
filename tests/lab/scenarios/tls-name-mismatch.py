"""The certificate is for elsewhere.example; curl on 465 refuses it after the handshake (TLS 1.2); smtplib, which does not look at names, goes on."""
from labkit.scenario import *

TLS = "othername"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    lab.postfix(services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",))
    lab.curl("--tlsv1.2", "--tls-max", "1.2", "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:465", url="smtps://mail.partner.example:465")
    lab.deliver(port=465, implicit=True, version=TLS12)


TRUTH = [session("refused for its name", accepted=0, primary="cert-name-mismatch tls-closed-after-handshake tls-alert-bad-certificate tls-alert-certificate-unknown", points_to="server client",
                 also="cert-name-mismatch", forbid="tls-no-serverhello cert-expired implicit-tls-deadlock"),
         session("delivered inside TLS; which name it wanted is not in the packets", forbid="tls-closed-after-handshake cert-name-mismatch")]
HEALTHY = False
PROOF = [packets("tls.handshake.type==11"), packets("x509ce.dNSName==\"elsewhere.example\""), log("queue active")]
