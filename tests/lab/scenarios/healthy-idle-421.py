"""After its message a client keeps the connection and falls silent: Postfix (smtpd_timeout shortened to 20 s) says 421 and closes; the client closes too. Exim the same (its timer 20 s)."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_timeout=20s")
    lab.exim("smtp_receive_timeout = 20s\n", address="198.51.100.26")
    for to in (SERVER, "198.51.100.26"):
        lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
                 b"Subject: x\r\n\r\ntext\r\n.\r\n", None, end="", to=to)


HEALTHY = True
TRUTH = [session("accepted, then 421 after idling between mails", accepted=1, allow="server-timeout-too-short", forbid="server-closed-mid-session client-abort-idle service-shutdown", times=2)]
PROOF = [packets("smtp.response.code==421", 2), log("status=sent"), log(" <= ")]
