"""After a mail the client keeps its connection; Postfix's smtpd is killed (SIGKILL), 3 s later the client begins its next mail into the closed connection. The same with Exim."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    other = lab.exim(address="198.51.100.26")
    for to, kill in ((SERVER, lambda: mx.kill("smtpd")), ("198.51.100.26", lambda: other.kill("exim4"))):
        c = lab.connect(to)
        c.reply(), c.ask("EHLO client.example")
        for line in ("MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
            c.ask(line)
        c.ask("Subject: x", "", "text", ".")
        lab.sleep(1)
        kill()
        lab.sleep(3)
        try:
            c.send("MAIL FROM:<alice@client.example>")
            c.drain(2)
        except OSError:
            pass
        c.close()


G = dict(accepted=1, primary="server-closed-mid-session", points_to="server", forbid="tcp-reset-by-server-mail mail-timeout tcp-reset-injected client-abort-mail server-idle-timeout state-lost-after-idle")
TRUTH = [session("killed while idle, the next mail finds nobody", **G)] * 2
PROOF = [packets("tcp.flags.fin==1 && (ip.src==198.51.100.25 || ip.src==198.51.100.26)", 2), packets("tcp.flags.reset==1", 2)]
