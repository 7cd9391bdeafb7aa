"""Postfix wants secp384r1 alone: TLS 1.3 clients are sent a HelloRetryRequest; openssl, curl, Exim and Postfix deliver or look."""
from labkit.scenario import *

TLS = "rsa"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.postfix("smtpd_tls_eecdh_grade=auto\ntls_eecdh_auto_curves=secp384r1\n")
    lab.s_client("-starttls", "smtp", talk=b"EHLO client.example\r\nQUIT\r\n")
    lab.curl("--ssl-reqd", "--cacert", str(lab.ca), "--insecure")
    for n, (kind, main) in enumerate((("postfix", "smtp_tls_security_level=may\n"), ("exim", "")), 1):
        client = lab.mta(kind, main=main)
        lab.inject()
        mx.wait_log("(?s)" + "status=sent.*" * (n + 1))
        lab.sleep(1)
        client.kill({"postfix": "master", "exim": "exim4"}[kind])


TRUTH = [session("a probe inside TLS"), session("delivered inside TLS", times=3)]
PROOF = [packets("tls.handshake.type==2", 5), log("status=sent", 3)]
