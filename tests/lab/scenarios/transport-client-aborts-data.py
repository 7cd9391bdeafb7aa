"""A scripted client closes in the middle of its content."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             b"Subject: half\r\n\r\n" + b"half a message\r\n" * 50, 1, end="fin")


TRUTH = [session("client closed inside the content: not delivered", accepted=0, primary="client-abort-data data-aborted",
                 points_to="client", also="data-aborted", forbid="duplicate-delivery-risk sender-stall")]
PROOF = [packets("tcp.flags.fin==1 && ip.src==192.0.2.10"), none("smtp.eom"), log("lost connection after DATA")]
