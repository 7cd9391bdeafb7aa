"""A firewall forgets the connection while the client is idle for 65 s (conntrack -F by dropping its packets from then on); other connections work. The client sends its next command into nothing and gives up after 30 s."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example")
    lab.sleep(65)
    port = client.me[1]
    lab.nft("router", f"chain f {{ type filter hook forward priority 0; tcp sport {port} drop; tcp dport {port} drop; }}")
    lab.at_once(lambda: client.ask("MAIL FROM:<alice@client.example>", timeout=30), lambda: (lab.sleep(3), lab.deliver()))
    client.rst()


TRUTH = [session("nothing got through after the silence", accepted=0, primary="state-lost-after-idle retransmission-exhausted mail-timeout", points_to="middlebox network",
                 also="state-lost-after-idle", forbid="server-idle-timeout pmtu-black-hole client-abort-idle"),
         session("delivered meanwhile", accepted=1)]
PROOF = [packets("tcp.analysis.retransmission && ip.src==192.0.2.10", 4), log("status=sent")]
