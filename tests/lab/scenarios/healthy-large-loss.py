"""10 MB from Postfix to Postfix over 50 ms round trip with 0.2 % loss towards the server (user-space link)."""
from labkit.scenario import *



def play(lab):
    mx = lab.postfix("message_size_limit=20000000")
    lab.link(delay=0.025, loss=[0.002, 0])
    client = lab.mta("postfix", main="message_size_limit=20000000")
    lab.inject(size=10_000_000)
    mx.wait_log("status=sent", 100)
    lab.sleep(2)


TRUTH = [session("delivered", accepted=1,
                 forbid="loss-heavy retransmission-exhausted pmtu-black-hole sender-stall data-block-timeout")]
# the client cannot send out of order: what tshark calls so at the client (it came within a round trip) was sent again
PROOF = [packets("(tcp.analysis.retransmission || tcp.analysis.out_of_order) && ip.src==192.0.2.10", 3), log("status=sent")]
