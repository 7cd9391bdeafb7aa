"""Postfix delivers at level secure and meets a certificate it cannot verify: it completes the handshake and leaves; the mail stays in its queue."""
from labkit.scenario import *

TLS = "selfsigned"


def play(lab):
    lab.postfix()
    client = lab.mta("postfix", main="smtp_tls_security_level=secure\nsmtp_tls_CAfile=\nsmtp_tls_protocols=TLSv1.2")
    lab.inject()
    client.wait_log("status=deferred")
    lab.sleep(2)


TRUTH = [session("left after the handshake", accepted=0, primary="tls-closed-after-handshake cert-self-signed tls-alert-unknown-ca", points_to="client server", forbid="tls-no-serverhello tls-session-closed-by-server")]
PROOF = [packets("tls.handshake.type==2"), log("TLS connection established"), packets("tcp.flags.fin==1 || tcp.flags.reset==1")]
