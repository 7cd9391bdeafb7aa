"""600 kB over 20 ms with 8 % loss towards the server (user-space link); it arrives in the end."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.link(delay=0.01, loss=[0.08, 0])
    lab.deliver(size=600_000, timeout=120)


TRUTH = [session("delivered with heavy loss", accepted=1, also="loss-heavy", allow="loss-heavy slow-transfer", forbid="retransmission-exhausted pmtu-black-hole sender-stall")]
HEALTHY = False
PROOF = [packets("(tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.out_of_order) && ip.src==192.0.2.10", 15), log("status=sent")]
