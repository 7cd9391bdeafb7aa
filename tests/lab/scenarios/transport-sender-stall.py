"""A scripted client pauses 15 s inside the content, then finishes; Postfix accepts."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             b"Subject: slow source\r\n\r\n" + b"first half\r\n" * 50, 15, b"second half\r\n", ".")


TRUTH = [session("the client paused, then delivered", accepted=1, also="sender-stall", allow="sender-stall",
                 forbid="data-block-timeout zero-window-stall-server")]
HEALTHY = False
PROOF = [packets("tcp.time_delta > 14 && ip.src==192.0.2.10 && tcp.len>0"), log("status=sent")]
