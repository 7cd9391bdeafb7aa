"""A scripted client ends its lines with LF alone, commands and content; Postfix 3.7 takes it."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", b"RCPT TO:<bob@partner.example>\n", None, "DATA",
             b"Subject: bare\nFrom: alice@client.example\n\ntext\nmore text\r\n.\r\n", None)


TRUTH = [session("bare LF, delivered", accepted=1, also="bare-lf-command bare-lf-content", allow="bare-lf-content", forbid="smuggling-sequence smuggling-attempt")]
HEALTHY = False
PROOF = [packets("tcp.payload contains \"bare\\nFrom\""), log("status=sent")]
