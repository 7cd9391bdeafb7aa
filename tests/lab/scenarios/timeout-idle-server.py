"""A scripted client says MAIL and falls silent; Postfix (smtpd_timeout shortened to 20 s) says 421 and closes."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_timeout=20s")
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", end="")


TRUTH = [session("421 after 20 s of silence", accepted=0, primary="server-idle-timeout", points_to="client", also="server-timeout-too-short",
                 forbid="server-closed-mid-session client-abort-idle")]
PROOF = [packets("smtp.response.code==421"), log("timeout after MAIL")]
