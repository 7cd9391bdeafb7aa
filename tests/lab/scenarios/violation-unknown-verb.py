"""A scripted client says FOO: Postfix answers 500."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "FOO bar")


TRUTH = [session("500", accepted=0, also="command-unrecognized", forbid="syntax-error-args bad-sequence-client", server_log=False)]
PROOF = [packets("smtp.response.code==500")]
