"""The first SYN is lost (the link is cut for 2.5 s, then healed); the delivery goes well."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.link(cut=True)
    lab.at_once(lab.deliver, lambda: (lab.sleep(2.5), lab.link(cut=False)))


TRUTH = [session("connected after repeated SYNs, delivered", accepted=1, also="connect-slow", forbid="connect-timeout")]
PROOF = [packets("tcp.flags==0x002", 2), log("status=sent")]
