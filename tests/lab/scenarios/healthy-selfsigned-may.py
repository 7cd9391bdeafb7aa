"""Opportunistic TLS: Postfix at level may, Exim and OpenSMTPD take a self-signed certificate in TLS 1.2 and deliver; a client without TLS delivers in clear besides, which is its right."""
from labkit.scenario import *

TLS = "selfsigned"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.postfix("smtpd_tls_protocols=TLSv1.2\n")
    for n, kind in enumerate(("postfix", "exim"), 1):
        client = lab.mta(kind, main="smtp_tls_security_level=may\n" if kind == "postfix" else "")
        lab.inject()
        mx.wait_log("(?s)" + "status=sent.*" * n)
        lab.sleep(1)
        client.kill({"postfix": "master", "exim": "exim4"}[kind])
    lab.deliver(source="192.0.2.11")


HEALTHY = True
TRUTH = [session("delivered inside TLS", times=2), session("delivered in clear", 1, forbid="tls-fallback-plaintext starttls-stripped")]
PROOF = [packets("tls.handshake.type==11", 1), log("status=sent", 3)]
