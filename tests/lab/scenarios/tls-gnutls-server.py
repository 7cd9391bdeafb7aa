"""gnutls-serv on 465, certificate in order: gnutls-cli shakes hands in TLS 1.3 and in TLS 1.2, says five lines of SMTP to what is an echo, and leaves in order."""
from labkit.scenario import *

TLS = "good"
LOG = "gnutls-serv --echo is no mail server"


def play(lab):
    lab.gnutls_serv()
    for version in ("1.3", "1.2"):
        lab.gnutls_cli(f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}", "--x509cafile=/etc/lab/ca.pem", "--verify-hostname=mail.partner.example",
                       port=465, talk=b"EHLO client.example\r\nMAIL FROM:<alice@client.example>\r\nRCPT TO:<bob@partner.example>\r\nRSET\r\nQUIT\r\n")


TRUTH = [session("TLS 1.3 with gnutls-serv"), session("TLS 1.2 with gnutls-serv")]
PROOF = [packets("tls.handshake.type==2", 2), log("Version: TLS1.3"), log("Version: TLS1.2")]
