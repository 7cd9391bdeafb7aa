"""Postfix's smtpd is killed (SIGKILL) in the middle of the content, with content unread: the kernel resets."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.ask("RCPT TO:<bob@partner.example>"), client.ask("DATA")
    client.send("Subject: cut", "", *["x" * 70] * 400)
    lab.sleep(1)
    mx.freeze("smtpd")
    client.send(*["y" * 70] * 200)
    lab.sleep(1)
    mx.kill("smtpd")
    lab.sleep(1)
    client.close()


TRUTH = [session("server process killed inside the content", accepted=0, primary="tcp-reset-by-server-data",
                 points_to="server", also="data-aborted",
                 forbid="duplicate-delivery-risk sender-stall tcp-reset-injected client-abort-data")]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25"), none("smtp.eom"), log("killed by signal 9")]
