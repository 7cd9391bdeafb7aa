"""A web client talks to port 25: Postfix says that it can break rules, too."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.send("GET / HTTP/1.1", "Host: mail.partner.example", "User-Agent: Mozilla/5.0", "")
    client.drain(5), client.close()


TRUTH = [session("HTTP on port 25", accepted=0, also="non-smtp-client", forbid="not-smtp greeting-timeout early-talker early-talker-rejected", server_log=False)]
PROOF = [packets("tcp.payload contains \"GET / HTTP\""), log("non-SMTP command")]
