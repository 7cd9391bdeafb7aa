"""The way to the server dies (router drops), the way back lives: the server's 354 is repeated, the client's content never arrives; it gives up after 30 s."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.send("RCPT TO:<bob@partner.example>")
    lab.nft("router", "chain f { type filter hook forward priority 0; ip daddr 198.51.100.25 drop; }")
    client.reply(5)
    client.send("DATA")
    lab.sleep(30)
    client.rst()


TRUTH = [session("one direction dead", accepted=0, primary="one-way-loss retransmission-exhausted rcpt-timeout data-init-timeout", points_to="network",
                 forbid="pmtu-black-hole zero-window-stall-server server-closed-mid-session data-aborted")]
PROOF = [packets("tcp.analysis.retransmission", 3)]
AT = {"server": seen([session("the reply to RCPT is never acknowledged", accepted=0, primary="one-way-loss retransmission-exhausted",
                              points_to="network client", forbid="pmtu-black-hole zero-window-stall-client zero-window-stall-server rcpt-timeout "
                              "server-closed-mid-session data-aborted sender-stall client-abort-rcpt")],
                     [packets("tcp.analysis.retransmission && ip.src==198.51.100.25", 3), none("smtp.req.command==\"DATA\"")],
                     "its reply is repeated and never acknowledged.")}
AT["router-any"] = seen([session("what the client sends comes in and does not go out", accepted=0,
                                 primary="one-way-loss retransmission-exhausted rcpt-timeout data-init-timeout", points_to="network",
                                 forbid="pmtu-black-hole zero-window-stall-server server-closed-mid-session data-aborted loss-heavy client-abort-rcpt")],
                        [packets("frame contains \"MAIL FROM\"", 2, 2), packets("tcp.analysis.retransmission", 3)],
                        "recorded on all interfaces at once (-i any), what is forwarded is there twice.")
