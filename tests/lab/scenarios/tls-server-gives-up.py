"""Debian's OpenSMTPD 6.8 cannot use its private key with OpenSSL 3: its TLS 1.3 server flight is followed by its FIN, before the client's Finished; a client that takes 1 s over each flight; smtplib delivers in clear on a second connection."""
from labkit.scenario import *

TLS = "rsa"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    mx = lab.opensmtpd(listen="listen on {address} port 25 tls pki lab hostname {name}")
    client, inward, outward = lab.connect(), ssl.MemoryBIO(), ssl.MemoryBIO()
    client.reply(), client.ask("EHLO client.example"), client.ask("STARTTLS")
    try:
        ssl._create_unverified_context().wrap_bio(inward, outward).do_handshake()
    except ssl.SSLWantReadError:
        client.send(outward.read())
    lab.sleep(1)
    client.close()
    lab.deliver()
    mx.wait_log("smtp message ")
    lab.sleep(1)


TRUTH = [session("the server closed inside the handshake", accepted=0,
                 primary="tls-session-closed-by-server server-closed-mid-session", points_to="server",
                 forbid="tls13-abort-by-client tls-no-serverhello"),
         session("delivered in clear", accepted=1, allow="tls-fallback-plaintext")]
EXPECT = ["tls-fallback-plaintext"]
PROOF = [packets("tls.handshake.type==2"), packets("tcp.flags.fin==1 && ip.src==198.51.100.25"), log("missing private key"),
         log("smtp message ")]
