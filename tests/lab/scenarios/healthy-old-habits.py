"""HELO alone, lower case, no blanks, a mail with an empty body, EHLO twice, RSET before QUIT, NOOP between mails, a literal as name, MAIL with SIZE and BODY; a transaction given up with RSET after RCPT; 60 s idle before QUIT."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    end = (b".\r\n", None)
    lab.talk("helo client.example", "mail from:<alice@client.example>", "rcpt to:<bob@partner.example>", "data", *end, "rset")
    lab.talk("EHLO [192.0.2.10]", "EHLO client.example", "MAIL FROM:<alice@client.example> SIZE=100 BODY=8BITMIME", "RCPT TO:<bob@partner.example>", "DATA", *end,
             "NOOP", "RSET", "NOOP keep me", "MAIL FROM:<>", "RCPT TO:<bob@partner.example>", "RSET", "MAIL FROM:<alice@client.example>",
             "RCPT TO:<bob@partner.example>", "DATA", b"Subject: x\r\n\r\n..\r\n.\r\n", None, 60)
    lab.talk("EHLO client.example", "VRFY bob", "EXPN list", "HELP", "ETRN partner.example")


TRUTH = [session("one mail", accepted=1), session("two mails", accepted=2), session("a person looked", accepted=0)]
PROOF = [log(" <= ", 3)]
