"""The server's certificate expired three days ago; openssl s_client refuses it (TLS 1.2); another client goes on."""
from labkit.scenario import *

TLS = "expired"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    lab.postfix()
    lab.s_client("-starttls", "smtp", "-tls1_2", "-verify_return_error")
    lab.deliver(starttls=True, verify=False, version=TLS12)


TRUTH = [session("alert certificate_expired", accepted=0, primary="cert-expired tls-alert-certificate-expired", points_to="server", also="cert-expired",
                 forbid="tls-alert-unknown-ca cert-self-signed"),
         session("delivered inside TLS", also="cert-expired", allow="cert-expired", forbid="tls-alert-certificate-expired")]
HEALTHY = False
PROOF = [packets("tls.alert_message.desc==45"), log("status=sent")]
