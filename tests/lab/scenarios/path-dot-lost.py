"""The segment with the final dot never gets through (dropped at the router by its length), everything else does; the client gives up after 30 s."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        client.ask(line)
    client.send("Subject: x", "", *["y" * 70] * 20)
    lab.sleep(1)
    lab.nft("router", "chain f { type filter hook forward priority 0; ip daddr 198.51.100.25 tcp dport 25 meta length 55-60 drop; }")
    client.ask(".", timeout=30)
    client.close()
    lab.sleep(1)


TRUTH = [session("the dot does not arrive", accepted=0, primary="retransmission-exhausted one-way-loss data-final-timeout", points_to="network", forbid="duplicate-delivery-risk sender-stall pmtu-black-hole zero-window-stall-server")]
PROOF = [packets("tcp.analysis.retransmission && ip.src==192.0.2.10", 3)]
