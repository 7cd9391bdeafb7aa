"""An inspection device drops every packet of the client with content behind the handshake; swaks gives up after 25 s. The server (Postfix, smtpd_timeout 30 s) says 421 into it later."""
from labkit.scenario import *


def play(lab):
    lab.nft("router", "chain f { type filter hook forward priority 0; ip daddr 198.51.100.25 tcp dport 25 meta length > 60 drop; }")
    lab.postfix("smtpd_timeout=15s")
    lab.swaks(timeout=25)
    lab.sleep(2)


TRUTH = [session("EHLO never gets through", accepted=0, primary="retransmission-exhausted one-way-loss ehlo-timeout", points_to="network middlebox", forbid="pmtu-black-hole client-abort-ehlo server-closed-mid-session")]
PROOF = [packets("tcp.analysis.retransmission && ip.src==192.0.2.10", 3), none("smtp.req.command==\"MAIL\"")]
AT = {"server": seen([session("the client said nothing that arrived", accepted=0, forbid="client-abort-greeting ehlo-timeout", allow="server-timeout-too-short")], [packets("smtp.response.code==421")], "nothing of the client comes after the handshake; the server waits and says 421.", LOG="the 421 is no refusal of Postfix's log")}
