"""A balancer checks every 2 s: connects and closes (FIN); another resets the SYN-ACK's connection at once; a third reads the greeting and says QUIT; a fourth connects and reads nothing. Mail flows besides."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    for _ in range(5):
        client = lab.connect(source="192.0.2.11"); client.close()
        client = lab.connect(source="192.0.2.12"); client.rst()
        lab.talk(source="192.0.2.13")
        client = lab.connect(source="192.0.2.14"); client.reply(); client.rst()
        lab.sleep(2)
    lab.deliver()


TRUTH = [session("check", accepted=0, times=20, forbid="client-abort-greeting"), session("delivered", accepted=1)]
LOG = "checks have no mail"
PROOF = [packets("tcp.flags.syn==1 && tcp.flags.ack==0", 21)]
