"""A scripted client says MAIL and falls silent; Postfix closes with 421 by its own timer, 300 s, for real."""
from labkit.scenario import *

SECONDS = 600


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.drain(400), client.close()


TRUTH = [session("421 after 300 s of silence", accepted=0, primary="server-idle-timeout", points_to="client",
                 forbid="server-timeout-too-short server-closed-mid-session client-abort-idle")]
PROOF = [packets("smtp.response.code==421"), packets("tcp.time_delta > 295 && ip.src==198.51.100.25"), log("timeout after MAIL")]
