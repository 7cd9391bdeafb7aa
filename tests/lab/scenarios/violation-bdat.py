"""A scripted client sends BDAT to Exim: after BDAT LAST another chunk (503), DATA after BDAT (503); and to a Postfix that does not offer it."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    lab.postfix("smtpd_discard_ehlo_keywords=chunking", address="198.51.100.26")
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", b"BDAT 20 LAST\r\nSubject: x\r\n\r\ntext\r\n",
             None, b"BDAT 6 LAST\r\nmore\r\n", None)
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", b"BDAT 20\r\nSubject: x\r\n\r\ntext\r\n",
             None, "DATA", "RSET")
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", b"BDAT 20 LAST\r\nSubject: x\r\n\r\ntext\r\n",
             None, to="198.51.100.26")


TRUTH = [session("chunk after the last", accepted=1, also="bdat-after-last", allow="bdat-after-last bad-sequence-503 bad-sequence-client", server_log=False, primary="bdat-after-last bad-sequence-503", points_to="client"),
         session("DATA after BDAT", accepted=0, primary="bdat-data-mixed bad-sequence-503", points_to="client", also="bdat-data-mixed", server_log=False),
         session("BDAT not offered", accepted=0, primary="bdat-not-offered command-unrecognized", points_to="client",
                 also="bdat-not-offered", forbid="server-not-accepting", server_log=False)]
LOG = "the log of two servers"
PROOF = [packets("tcp.payload contains \"BDAT\"", 3)]
