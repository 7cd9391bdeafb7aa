"""Postfix and s_client agree on TLS 1.0 (both told to): it works, and is noted."""
from labkit.scenario import *

TLS = "good"
LOG = "nothing was sent"


def play(lab):
    lab.postfix("smtpd_tls_protocols=>=TLSv1\ntls_high_cipherlist=ALL:@SECLEVEL=0\ntls_medium_cipherlist=ALL:@SECLEVEL=0")
    lab.s_client("-starttls", "smtp", "-tls1", "-cipher", "ALL:@SECLEVEL=0", talk=b"NOOP\r\nQUIT\r\n")


TRUTH = [session("TLS 1.0", also="tls-legacy", forbid="tls-version-mismatch")]
PROOF = [packets("tls.handshake.type==2 && tls.handshake.version==0x0301")]
