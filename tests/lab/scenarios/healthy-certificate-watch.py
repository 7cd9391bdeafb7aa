"""Monitors look at the certificate every 4 s: openssl s_client on 465 and by STARTTLS on 25 (TLS 1.2 and 1.3), which leave right behind the handshake; one that shakes hands on 465 and resets, as a balancer's check does. smtplib delivers besides."""
from labkit.scenario import *

TLS = "good"
LOG = "nothing is said inside TLS"
SECONDS = 120


def play(lab):
    import socket, struct
    from labkit import net
    lab.postfix(services=("25 inet n - n - - smtpd", "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"))
    context = ssl._create_unverified_context()
    for n in range(4):
        for args in (("-connect", f"{SERVER}:465", "-tls1_2"), ("-connect", f"{SERVER}:465", "-tls1_3"), ("-connect", f"{SERVER}:25", "-starttls", "smtp", "-tls1_3")):
            lab.run_client("openssl", "s_client", *args, "-servername", "mail.partner.example", "-CAfile", str(lab.ca), stdin=subprocess.DEVNULL, timeout=10)
        with net.host("client"):
            s = context.wrap_socket(socket.create_connection((SERVER, 465), timeout=5))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
        if n == 1:
            lab.deliver()
        lab.sleep(4)


W = session("looked at", forbid="tls13-abort-by-client tls-silent-close-after-server-flight tls-session-closed-by-server tcp-reset-by-client-tls client-abort-tls")
HEALTHY = True
TRUTH = [W] * 8 + [session("delivered", 1)] + [W] * 8
PROOF = [packets("tls.handshake.type==1", 16), log("status=sent")]
