"""The path dies in both directions after 100 kB (the link is cut); smtplib's timer is 60 s."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.link(delay=0.01, bytes=100_000)
    lab.deliver(size=600_000, timeout=60)


TRUTH = [session("nothing from the server any more, the client retransmits and gives up", accepted=0,
                 primary="retransmission-exhausted data-block-timeout", points_to="network",
                 forbid="zero-window-stall-server data-final-timeout sender-stall pmtu-black-hole duplicate-delivery-risk")]
PROOF = [packets("tcp.analysis.retransmission && ip.src==192.0.2.10", 5), none("smtp.eom")]
AT = {"server": seen([session("the content stops midway; why cannot be known", accepted=0,
                              forbid="zero-window-stall-server data-final-timeout sender-stall pmtu-black-hole duplicate-delivery-risk client-abort-data "
                              "data-aborted tcp-reset-by-client-data server-closed-mid-session")],
                     [packets("ip.src==192.0.2.10 && tcp.len>1000", 20), none("smtp.eom")],
                     "the content stops midway, and nobody can say there why.", HEALTHY=False)}
