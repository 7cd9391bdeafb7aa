"""Postfix is stopped while clients are connected and idle after a mail (postfix stop): the connection is closed; another is told 421 by Exim's own limit of mails per connection and goes on elsewhere."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    client = lab.connect()
    client.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        client.ask(line)
    client.ask("Subject: x", "", "text", ".")
    mx.root.run("/usr/sbin/postfix", "stop")
    lab.sleep(1)
    client.drain(5), client.close()
    lab.exim("smtp_accept_max_per_connection = 3\n", address="198.51.100.26")
    lab.deliver(to="198.51.100.26", count=4)
    lab.deliver(to="198.51.100.26")


HEALTHY = True
TRUTH = [session("accepted, then the server stopped", accepted=1), session("three mails, then enough", accepted=3, allow="messages-per-connection-limit", server_log=False), session("one more", accepted=1)]
LOG = "a limit of mails is no refusal in Exim's log"
PROOF = [log(" <= ", 4)]
