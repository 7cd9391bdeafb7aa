"""STARTTLS and port 465, TLS 1.2 and 1.3: the client says its ClientHello, gets the server's whole flight and is silent from then on; Postfix (smtpd_starttls_timeout 15 s) says good-bye. A client that takes 6 s for its part delivers nothing, but is greeted inside TLS."""
from labkit.scenario import *

TLS = "good"
SECONDS = 200
LOG = "nothing is said inside TLS"


def play(lab):
    lab.postfix("smtpd_starttls_timeout=15s\n", services=("25 inet n - n - - smtpd", "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"))

    def stop(port, version, pause=None):
        c = lab.connect(port=port)
        if port != 465:
            c.reply(), c.ask("EHLO client.example"), c.ask("STARTTLS")
        context = ssl._create_unverified_context()
        context.minimum_version = context.maximum_version = version
        put, get = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(put, get)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            c.send(get.read())
        if pause is None:
            return c.drain(40), c.close()
        lab.sleep(pause)
        while True:
            put.write(c.sock.recv(65536))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if data := get.read():
                    c.send(data)
        c.send(get.read())
        lab.sleep(1)
        tls.write(b"EHLO client.example\r\n"), c.send(get.read())
        lab.sleep(1)
        tls.write(b"QUIT\r\n"), c.send(get.read())
        c.drain(5), c.close()

    lab.at_once(*[lambda p=p, v=v, n=n: (lab.sleep(n), stop(p, v)) for n, (p, v) in enumerate(((25, TLS12), (25, TLS13), (465, TLS12), (465, TLS13)))],
                lambda: (lab.sleep(4), stop(25, TLS12, 6)), lambda: (lab.sleep(5), stop(25, TLS13, 6)))


F = "tls-no-serverhello tls-stalled-server server-closed-mid-session tls-session-closed-by-server starttls-handshake-missing starttls-timeout tls13-encrypted-abort-by-server"
S = session("silent behind the server's flight", 0, "tls-stalled-client server-idle-timeout tls-silent-close-after-server-flight", "client", forbid=F, server_log=False)
TRUTH = [S] * 4 + [session("slow, and done", 0, forbid="tls-stalled-client tls-stalled-server", server_log=False)] * 2
PROOF = [packets("tls.handshake.type==1", 6), packets("tcp.flags.fin==1 && ip.src==198.51.100.25 && tcp.time_delta > 12", 4)]
