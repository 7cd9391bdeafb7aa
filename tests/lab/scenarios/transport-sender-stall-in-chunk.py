"""A message source stalls 35 s inside a BDAT chunk, then the client is gone (FIN); another stalls inside DATA and is reset by the server's own timer (Postfix, 20 s: 421)."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    lab.postfix("smtpd_timeout=20s", address="198.51.100.26")
    def bdat():
        client = lab.connect()
        client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>"), client.ask("RCPT TO:<bob@partner.example>")
        client.send("BDAT 5000 LAST", "Subject: x", "", "y" * 70)
        lab.sleep(35)
        client.fin(), client.drain(5), client.close()
    lab.at_once(bdat, lambda: (lab.sleep(1), lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
                b"Subject: x\r\n\r\nhalf", end="", to="198.51.100.26")))


TRUTH = [session("stalled in a chunk, then gone", 0, "sender-stall data-aborted client-abort-data bdat-size-mismatch", "client", forbid="server-closed-mid-session", server_log=False),
         session("stalled in the content, 421", 0, "server-idle-timeout sender-stall data-aborted", "client", forbid="server-closed-mid-session service-shutdown", server_log=False)]
PROOF = [packets("smtp.response.code==421")]
