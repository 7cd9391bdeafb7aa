"""A client sends QUIT and closes without reading the 221: the kernel resets; curl and smtplib besides. Nothing is wrong."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.ask("RCPT TO:<bob@partner.example>"), client.ask("DATA"), client.ask("Subject: x", "", "text", ".")
    client.send("QUIT")
    client.rst()
    lab.curl(), lab.deliver()


TRUTH = [session("delivered, then reset after QUIT", accepted=1, forbid="tcp-reset-by-client-quit"),
         session("delivered", accepted=1, times=2)]
PROOF = [packets("tcp.flags.reset==1 && ip.src==192.0.2.10"), log("status=sent", 3)]
