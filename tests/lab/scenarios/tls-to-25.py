"""openssl s_client speaks TLS from the first byte to port 25 of Postfix."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix()
    lab.s_client()


TRUTH = [session("ClientHello answered by 220 in clear", accepted=0, primary="tls-to-plaintext-port", points_to="client",
                 forbid="early-talker tls-no-serverhello non-smtp-client")]
PROOF = [packets("tcp.payload[0:2]==16:03 && tcp.dstport==25"), packets("tcp.payload[0:3]==32:32:30 && tcp.srcport==25"),
         log("SSL_accept|non-SMTP|lost connection|disconnect")]
