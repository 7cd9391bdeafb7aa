"""A scripted client is killed inside its content: reset."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             b"Subject: half\r\n\r\n" + b"half a message\r\n" * 50, 1, end="rst")


TRUTH = [session("client reset inside the content: not delivered", accepted=0, primary="tcp-reset-by-client-data data-aborted",
                 points_to="client", also="data-aborted", forbid="duplicate-delivery-risk tcp-reset-injected")]
PROOF = [packets("tcp.flags.reset==1 && ip.src==192.0.2.10"), none("smtp.eom")]
