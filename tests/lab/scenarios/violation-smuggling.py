"""LF . CR LF and a second transaction inside the content: Postfix 3.7 by default takes it for the end of the data: two messages."""
from labkit.scenario import *

LOG = "which of the two the client meant to send cannot be decided by counting"


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             b"Subject: outer\r\n\r\ntext\n.\r\nMAIL FROM:<admin@client.example>\r\nRCPT TO:<bob@partner.example>\r\nDATA\r\n"
             b"Subject: inner\r\n\r\nsmuggled\r\n.\r\n", None, None, None, None, None)


TRUTH = [session("two messages accepted where the client framed one", primary="smuggling-accepted smuggling-attempt", points_to="server client",
                 also="smuggling-attempt smuggling-sequence", forbid="data-after-rejection")]
PROOF = [log("queue active", 2)]
