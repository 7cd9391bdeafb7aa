"""A firewall that follows connections (conntrack, idle ones forgotten after 40 s, nothing picked up midway) forgets the client's, idle for 65 s; the packets that then belong to none are dropped; other connections work. The client sends its next command into nothing and gives up after 30 s."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    lab.stateful(idle=40)
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example")
    lab.sleep(65)
    lab.at_once(lambda: client.ask("MAIL FROM:<alice@client.example>", timeout=30), lambda: (lab.sleep(3), lab.deliver()))
    client.rst()


TRUTH = [session("nothing got through after the silence", accepted=0, primary="state-lost-after-idle retransmission-exhausted mail-timeout", points_to="middlebox network",
                 also="state-lost-after-idle", forbid="server-idle-timeout pmtu-black-hole client-abort-idle"),
         session("delivered meanwhile", accepted=1)]
PROOF = [packets("tcp.analysis.retransmission && ip.src==192.0.2.10", 4), log("status=sent")]
AT = {"server": seen([session("silent after EHLO, and never closed; that the client spoke cannot be known", accepted=0,
                              forbid="state-lost-after-idle server-idle-timeout client-abort-idle client-abort-mail retransmission-exhausted sender-stall "
                              "one-way-loss connect-timeout"),
                      session("delivered meanwhile", accepted=1)],
                     [none("tcp.analysis.retransmission"), none("tcp.flags.reset==1")], "one session is silent and never closed, the other delivers.")}
