"""A healthy delivery by smtplib; the capture filter took only what the client sent."""
from labkit.scenario import *

FILTER = "src host 192.0.2.10"
LOG = "the replies were not recorded"


def play(lab):
    lab.postfix()
    lab.deliver(size=5000)


TRUTH = [session("delivered, the replies not recorded", also="capture-one-direction", allow="capture-one-direction",
                 forbid="greeting-timeout connect-timeout capture-gap bad-sequence-client data-final-timeout duplicate-delivery-risk")]
PROOF = [none("ip.src==198.51.100.25"), log("status=sent")]
