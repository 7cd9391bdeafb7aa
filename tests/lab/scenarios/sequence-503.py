"""A scripted client says RCPT before MAIL, then DATA without a recipient: Postfix answers 503 twice."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("RCPT TO:<bob@partner.example>")
    client.ask("DATA"), client.ask("QUIT")
    client.fin(), client.drain()


TRUTH = [session("503 to RCPT and to DATA, rightly", accepted=0, primary="bad-sequence-503 bad-sequence-client",
                 points_to="client", forbid="bad-sequence-disputed", server_log=False)]
PROOF = [packets("smtp.response.code==503", 2)]
