"""Packets above 1000 bytes from the server to the client are dropped silently: the server's certificate flight never gets through (465 and STARTTLS; TLS 1.2 with an RSA chain)."""
from labkit.scenario import *

TLS = "rsa"
LOG = "inside TLS"


def play(lab):
    mx = lab.postfix(services=("25 inet n - n - - smtpd", "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"))
    mx.root.write("/etc/lab/cert.pem", (lab.work / "tls/cert.pem").read_text() + lab.ca.read_text())
    lab.link(delay=0.01, over=[0, 1000])
    lab.at_once(lambda: lab.deliver(starttls=True, timeout=25, version=TLS12, verify=False),
                lambda: (lab.sleep(1), lab.deliver(port=465, implicit=True, timeout=25, version=TLS12, verify=False)))


TRUTH = [session("the certificate does not arrive", primary="tls-no-serverhello pmtu-black-hole starttls-timeout one-way-loss", points_to="server network middlebox unknown", forbid="tls13-abort-by-client tls-silent-close-after-server-flight", times=2)]
PROOF = [packets("tls.handshake.type==1", 2)]
AT = {"server": seen([session("the certificate is sent again and again", primary="pmtu-black-hole retransmission-exhausted one-way-loss", points_to="network middlebox", times=2)], [packets("tcp.analysis.retransmission && ip.src==198.51.100.25", 4)], "the certificate is sent again and again.")}
