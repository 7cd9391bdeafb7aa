"""A scripted client completes nothing: after the server's TLS 1.2 flight it closes without an alert."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    import ssl
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("STARTTLS")
    context = ssl.create_default_context()
    context.maximum_version = TLS12
    hello, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(hello, out, server_hostname="mail.partner.example")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        client.send(out.read())
    lab.sleep(1)
    client.sock.recv(65536)
    client.fin(), client.drain(2)


TRUTH = [session("closed after the server's flight", accepted=0, primary="tls-silent-close-after-server-flight", points_to="client", forbid="tls-no-serverhello tls13-abort-by-client")]
PROOF = [packets("tls.handshake.type==14"), none("tls.alert_message"), packets("tcp.flags.fin==1 && ip.src==192.0.2.10")]
