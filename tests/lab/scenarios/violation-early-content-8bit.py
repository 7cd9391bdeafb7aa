"""8-bit content without 8BITMIME (Postfix takes it), and a message half as long as its SIZE said."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_discard_ehlo_keywords=8bitmime")
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             "Subject: Gr\u00fc\u00dfe\r\n\r\n\u00e4\u00f6\u00fc\r\n.\r\n".encode(), None)
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example> SIZE=1000", "RCPT TO:<bob@partner.example>", "DATA",
             b"Subject: more\r\n\r\n" + b"more than was said\r\n" * 5000 + b".\r\n", None)


TRUTH = [session("8-bit content, delivered", accepted=1, also="8bit-without-8bitmime", allow="8bit-without-8bitmime"),
         session("100 kB where 1000 octets were declared, delivered", accepted=1, also="size-underdeclared")]
HEALTHY = False
PROOF = [log("queue active", 2)]
