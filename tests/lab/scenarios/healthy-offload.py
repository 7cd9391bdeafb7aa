"""300 kB with segmentation offload on at the client: segments far above the MSS."""
from labkit.scenario import *

OFFLOAD = True


def play(lab):
    lab.postfix()
    lab.deliver(size=300_000)


TRUTH = [session("delivered", accepted=1, forbid="pmtu-black-hole capture-gap")]
PROOF = [packets("tcp.len > 3000 && ip.src==192.0.2.10"), log("status=sent")]
