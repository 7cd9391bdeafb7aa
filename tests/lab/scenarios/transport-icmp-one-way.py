"""The route to the server vanishes on the router, not the one back while the client waits to send its content (ICMP net-unreachable); the client gives up after 15 s."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.ask("RCPT TO:<bob@partner.example>"), client.ask("DATA")
    lab.sleep(0.3)  # the acknowledgement of 354 gets through
    lab.nft("router", "chain f { type filter hook forward priority 0; ip daddr 198.51.100.25 reject with icmp type net-unreachable; }")
    client.send("Subject: lost", "", "text")
    lab.sleep(15)
    client.rst()


TRUTH = [session("ICMP unreachable inside the session, then the client left", accepted=0, primary="icmp-unreachable-mid-session",
                 points_to="network", forbid="connect-icmp-unreachable duplicate-delivery-risk pmtu-black-hole sender-stall")]
PROOF = [packets("icmp.type==3 && icmp.code==0", 2)]
AT = {"server": seen([session("nothing comes after 354; why cannot be known", accepted=0,
                              forbid="icmp-unreachable-mid-session sender-stall client-abort-data data-aborted pmtu-black-hole server-closed-mid-session "
                              "data-block-timeout zero-window-stall-client duplicate-delivery-risk")],
                     [packets("smtp.response.code==354"), none("icmp"), none("ip.src==192.0.2.10 && tcp.flags.reset==1")],
                     "nothing comes after 354, and nobody can say there why.", HEALTHY=False)}
