"""Exim to Exim with PIPE_CONNECT: from the second delivery on, the client rightly speaks before the greeting."""
from labkit.scenario import *


def play(lab):
    mx = lab.exim("pipelining_connect_advertise_hosts = *")
    lab.link(delay=0.02)
    lab.mta("exim", options="  hosts_pipe_connect = *")
    for number in range(3):
        lab.inject()
        lab.wait_for("delivery", lambda: mx.log().count(" <= ") > number)
        lab.sleep(0.5)


TRUTH = [session("delivered", accepted=1, times=3, forbid="early-talker pipelining-not-offered")]
PROOF = [packets("smtp contains \"PIPECONNECT\" || smtp contains \"PIPE_CONNECT\""), log(" <= ", 3),
         packets("tcp.seq==1 && tcp.len>0 && ip.src==192.0.2.10 && tcp.ack==1", 1)]
