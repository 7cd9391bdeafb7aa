"""Inside STARTTLS Exim's DATA ACL takes 90 s; smtplib (TLS 1.2, 1.3) gives up after 20 s, msmtp waits."""
from labkit.scenario import *

TLS = "good"
LOG = "inside TLS"


def play(lab):
    lab.exim(data="warn delay = 90s")
    lab.at_once(lambda: lab.deliver(starttls=True, timeout=20, version=TLS12), lambda: (lab.sleep(1), lab.deliver(starttls=True, timeout=20, version=TLS13)),
                lambda: (lab.sleep(2), lab.msmtp("--tls=on", "--tls-certcheck=off", "--timeout=20")))


TRUTH = [session("silent server inside TLS", primary="tls-stalled-server", points_to="server", forbid="tls-closed-after-handshake tls13-abort-by-client", times=2), session("slow, delivered inside TLS", forbid="tls-stalled-server")]
PROOF = [packets("tls.handshake.type==2", 3)]
