"""openssl s_server on 465: a server name it does not know (fatal), a certificate of 1024 bits, a client that offers old ciphers alone; clients curl, openssl, smtplib."""
from labkit.scenario import *

TLS = "good"
LOG = "s_server has no log of mail"


def play(lab):
    import subprocess
    from labkit import net
    with net.host("server"):
        server = subprocess.Popen(["openssl", "s_server", "-accept", f"{SERVER}:465", "-key", str(lab.work / "tls/key.pem"), "-cert", str(lab.work / "tls/cert.pem"),
                          "-key2", str(lab.work / "tls/key.pem"), "-cert2", str(lab.work / "tls/cert.pem"), "-servername", "mail.partner.example", "-servername_fatal", "-quiet"],
                         stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lab.sleep(1)
    lab.s_client("-servername", "elsewhere.example", port=465, seconds=5)
    lab.curl("--insecure", "--connect-to", f"::{SERVER}:465", url="smtps://wrong.example:465", timeout=5)
    server.kill()


TRUTH = [session("unrecognized name", 0, "tls-alert-unrecognized-name", "client server", server_log=False, times=2)]
PROOF = [packets("tls.alert_message.desc==112", 2)]
