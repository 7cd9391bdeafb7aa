"""Postfix answers STARTTLS and its smtpd is stopped (SIGSTOP) before the ClientHello: no ServerHello; the client leaves after 15 s."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    mx = lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("STARTTLS")
    mx.freeze("smtpd")
    import ssl
    hello, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(hello, out, server_hostname="mail.partner.example")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        client.send(out.read())
    lab.sleep(15)
    client.fin(), client.drain(2)


TRUTH = [session("no ServerHello within 15 s", accepted=0, primary="tls-no-serverhello starttls-timeout", points_to="server middlebox",
                 forbid="starttls-handshake-missing tls-silent-close-after-server-flight")]
PROOF = [packets("tls.handshake.type==1"), none("tls.handshake.type==2")]
