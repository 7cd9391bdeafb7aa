"""TLS from the first byte to 587 of Exim and of Postfix (curl, gnutls-cli), and EHLO in clear to 465 of Exim (a scripted client that does not wait for the greeting)."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.exim(ports="587:465")
    lab.postfix(address="198.51.100.26", services=("587 inet n - n - - smtpd",))
    lab.curl("--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:587", url="smtps://mail.partner.example:587")
    lab.gnutls_cli("--x509cafile=/etc/lab/ca.pem", "--no-ocsp", to="198.51.100.26", port=587, talk=b"QUIT\r\n")
    lab.talk(b"EHLO client.example\r\n", 3, port=465, greeting=False, end="fin")


TRUTH = [session("ClientHello to Exim's 587", accepted=0, primary="tls-to-plaintext-port", points_to="client", forbid="early-talker tls-no-serverhello tls-plaintext-mixup non-smtp-client"),
         session("ClientHello to Postfix's 587", accepted=0, primary="tls-to-plaintext-port", points_to="client", forbid="early-talker tls-no-serverhello tls-plaintext-mixup non-smtp-client"),
         session("EHLO in clear to Exim's 465", accepted=0, primary="plaintext-to-tls-port", points_to="client", forbid="tls-plaintext-mixup early-talker tls-no-serverhello")]
PROOF = [packets("tcp.payload[0:2]==16:03 && tcp.dstport==587", 2), packets("tcp.payload[0:4]==45:48:4c:4f && tcp.dstport==465")]
