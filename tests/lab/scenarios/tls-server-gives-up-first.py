"""Debian's OpenSMTPD 6.8 cannot use its private key with OpenSSL 3: the last record of its TLS 1.3 server flight has 19 bytes, an alert and never Finished, and its FIN and that of the OpenSMTPD client cross; the client delivers in clear on a second connection."""
from labkit.scenario import *

TLS = "rsa"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.opensmtpd(listen="listen on {address} port 25 tls pki lab hostname {name}")
    lab.mta("opensmtpd")
    lab.inject()
    mx.wait_log("smtp message ")
    lab.sleep(1)


TRUTH = [session("the server closed inside the handshake", accepted=0,
                 primary="tls-session-closed-by-server server-closed-mid-session", points_to="server",
                 forbid="tls-silent-close-after-server-flight tls13-abort-by-client tls-no-serverhello"),
         session("delivered in clear", accepted=1, allow="tls-fallback-plaintext")]
EXPECT = ["tls-fallback-plaintext"]
PROOF = [packets("tls.handshake.type==2"), packets("tcp.flags.fin==1 && ip.src==198.51.100.25"), log("missing private key"),
         log("smtp message ")]
