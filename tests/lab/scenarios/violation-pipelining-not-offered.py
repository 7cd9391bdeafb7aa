"""Postfix hides PIPELINING; a scripted client pipelines all the same; the message is accepted."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_discard_ehlo_keywords=pipelining,chunking")
    lab.talk("EHLO client.example", b"MAIL FROM:<alice@client.example>\r\nRCPT TO:<bob@partner.example>\r\nDATA\r\n", None, None, None,
             b"Subject: x\r\n\r\ntext\r\n.\r\n", None)


TRUTH = [session("pipelined without leave, delivered", accepted=1, also="pipelining-not-offered", forbid="pipelining-rejected bad-sequence-client")]
PROOF = [packets("tcp.payload contains \"MAIL FROM:<alice@client.example>\\r\\nRCPT\""), log("status=sent")]
