"""400 kB over a link of 30 kB/s (tbf on the router): slow, delivered; recorded at the server."""
from labkit.scenario import *

VANTAGE = "server"


def play(lab):
    lab.postfix()
    lab.sh("router", "tc qdisc add dev to-server root tbf rate 240kbit burst 4kb limit 900kb")
    lab.deliver(size=400_000, timeout=120)


TRUTH = [session("delivered slowly", accepted=1, also="slow-transfer", forbid="sender-stall data-block-timeout loss-heavy")]
PROOF = [packets("tcp.time_relative > 10 && ip.src==192.0.2.10 && tcp.len > 0", 10), log("status=sent")]
