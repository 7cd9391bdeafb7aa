"""A scripted client pauses 4 s before each command and inside the content; Postfix accepts."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        lab.sleep(4)
        client.ask(line)
    client.send("Subject: slow", "")
    lab.sleep(4)
    client.ask("text", ".")
    lab.sleep(4)
    client.ask("QUIT")
    client.fin(), client.drain()


TRUTH = [session("delivered", accepted=1, forbid="sender-stall server-idle-timeout")]
PROOF = [packets("tcp.time_delta > 3.5 && ip.src==192.0.2.10 && tcp.len>0", 5), log("status=sent")]
