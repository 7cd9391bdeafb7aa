"""swaks without TLS against Postfix's port 465: each waits for the other; swaks gives up after 25 s."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix(services=("465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",))
    lab.swaks("--port", "465", timeout=25)


TRUTH = [session("both waited, the client closed", accepted=0, primary="implicit-tls-deadlock plaintext-to-tls-port",
                 points_to="client", forbid="greeting-timeout early-talker client-abort-greeting")]
PROOF = [packets("tcp.dstport==465 && tcp.len>0 && tcp.time_relative > 20"),
         none("tcp.srcport==465 && tcp.len>0 && tcp.time_relative<20")]
