"""A scripted client sends MAIL and RCPT without brackets or arguments to Postfix: 501."""
from labkit.scenario import *


def play(lab):
    lab.postfix("strict_rfc821_envelopes=yes")
    lab.talk("EHLO client.example", "MAIL FROM: alice at client", "MAIL FROM:<alice@client.example>", "RCPT TO:", end="quit")


TRUTH = [session("501 twice", accepted=0, primary="sender-syntax-invalid syntax-error-args", points_to="client", also="syntax-error-args",
                 forbid="ext-param-not-offered bad-sequence-503 user-unknown", server_log=False)]
PROOF = [packets("smtp.response.code==501", 2)]
