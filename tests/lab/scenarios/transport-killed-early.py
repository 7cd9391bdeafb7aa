"""Server processes killed while clients wait: Exim's children inside the greeting delay, behind RCPT; Postfix's smtpd while the client reads its 354; STARTTLS answered and then the process gone."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    mx = lab.exim(connect="accept delay = 20s")
    lab.at_once(lab.deliver, lambda: (lab.sleep(3), mx.kill("exim4")))
    slow = lab.exim(rcpt="warn delay = 20s", address="198.51.100.26")
    lab.sleep(2)
    lab.at_once(lambda: lab.deliver(to="198.51.100.26"), lambda: (lab.sleep(4), slow.kill("exim4")))
    post = lab.postfix(address="198.51.100.27")
    client = lab.connect(to="198.51.100.27")
    client.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        client.ask(line)
    post.kill("smtpd")
    lab.sleep(1)
    try:
        client.send("Subject: x", "", "text", ".")
        client.drain(5)
    except OSError:
        pass
    client.close()
    other = lab.postfix(address="198.51.100.28")
    client = lab.connect(to="198.51.100.28")
    client.reply(), client.ask("EHLO client.example"), client.ask("STARTTLS")
    other.kill("smtpd")
    lab.sleep(1)
    client.drain(5), client.close()


TRUTH = [session("killed before the greeting", 0, "server-closed-mid-session tcp-reset-by-server-greeting", "server", server_log=False, forbid="greeting-timeout"),
         session("killed behind RCPT", 0, "server-closed-mid-session tcp-reset-by-server-rcpt", "server", server_log=False, forbid="rcpt-timeout"),
         session("killed behind its 354", 0, "server-closed-mid-session tcp-reset-by-server-data data-aborted", "server", server_log=False, forbid="duplicate-delivery-risk"),
         session("killed behind the 220 to STARTTLS", 0, "server-closed-mid-session tls-no-serverhello tls-session-closed-by-server", "server", server_log=False, forbid="starttls-handshake-missing client-abort-starttls")]
PROOF = [packets("tcp.flags.fin==1 && ip.dst==192.0.2.10", 3)]
