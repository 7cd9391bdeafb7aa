"""A scripted client says what Postfix does not know (500/502) and what lacks its brackets or arguments (501)."""
from labkit.scenario import *


def play(lab):
    lab.postfix("strict_rfc821_envelopes=yes")
    lab.talk("EHLO client.example", "FOO bar", "MAIL FROM: alice at client", "MAIL FROM:<alice@client.example>", "RCPT TO:", end="quit")


TRUTH = [session("500 and 501", accepted=0, primary="syntax-error-args command-unrecognized", points_to="client", also="command-unrecognized syntax-error-args",
                 forbid="bad-sequence-503 user-unknown", server_log=False)]
PROOF = [packets("smtp.response.code==501", 2), packets("smtp.response.code==502 || smtp.response.code==500")]
