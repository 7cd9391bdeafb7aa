"""A scripted client sends content behind DATA before the 354: Exim (which checks) refuses it; Postfix takes it."""
from labkit.scenario import *


def play(lab):
    lab.exim()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>",
             b"DATA\r\nSubject: too early\r\n\r\ntext\r\n.\r\n", None, 1)


TRUTH = [session("content before the 354, refused", accepted=0, primary="pipelining-rejected data-before-354", points_to="client", also="data-before-354",
                 forbid="early-talker-rejected", server_log=False)]
PROOF = [packets("smtp.response.code==554"), log("synchronization error")]
