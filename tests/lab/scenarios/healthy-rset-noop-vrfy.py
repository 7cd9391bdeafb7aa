"""A person with a terminal: HELP, NOOP, VRFY, a transaction given up with RSET, a second one carried through; OpenSMTPD and Exim."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    lab.talk("EHLO client.example", "NOOP", "HELP", "MAIL FROM:<alice@client.example>", "RSET", "MAIL FROM:<alice@client.example>",
             "RCPT TO:<bob@partner.example>", "DATA", b"Subject: by hand\r\n\r\n..dot\r\ntext\r\n.\r\n", None)


TRUTH = [session("one message", accepted=1)]
PROOF = [log(" <= ")]
