"""TLS sessions resumed: openssl s_client with a saved session (TLS 1.2, 1.3), and Postfix with its session cache delivering twice."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.postfix()
    for version in ("-tls1_2", "-tls1_3"):
        kept = str(lab.work / f"session{version}")
        for how in ("-sess_out", "-sess_in"):
            lab.s_client("-starttls", "smtp", version, how, kept, talk=b"EHLO client.example\r\nQUIT\r\n")
    lab.mta("postfix", main="smtp_tls_security_level=may\nsmtp_tls_session_cache_database=btree:/var/lib/postfix/smtp_scache\n")
    for n in (1, 2):
        lab.inject()
        mx.wait_log("(?s)" + "status=sent.*" * n)
        lab.sleep(2)


TRUTH = [session("a probe inside TLS", times=4), session("delivered inside TLS", times=2)]
PROOF = [packets("tls.handshake.type==2", 6), log("status=sent", 2)]
