"""The router drops IPv4 packets above 1300 bytes to the server and says nothing; 60 kB of content from smtplib, which gives up after 40 s."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.nft("router", "chain f { type filter hook forward priority 0; ip daddr 198.51.100.25 meta length > 1300 drop; }")
    lab.deliver(size=60_000, timeout=40)


TRUTH = [session("small segments pass, full ones never", accepted=0, primary="pmtu-black-hole", points_to="network middlebox",
                 forbid="sender-stall zero-window-stall-server duplicate-delivery-risk data-final-timeout tcp-reset-by-client-data")]
PROOF = [packets("ip.dst==198.51.100.25 && tcp.analysis.retransmission && ip.len > 1300", 3), none("smtp.eom && ip.src==198.51.100.25")]
SILENT = ("pmtu-black-hole sender-stall zero-window-stall-server zero-window-stall-client data-final-timeout duplicate-delivery-risk data-aborted "
          "client-abort-data tcp-reset-by-client-data server-closed-mid-session")
AT = {"server": seen([session("no full segment arrives; whether the client sends any cannot be known", accepted=0, forbid=SILENT)],
                     [packets("smtp.response.code==354"), none("ip.src==192.0.2.10 && ip.len > 1300"), none("ip.src==192.0.2.10 && tcp.flags.reset==1")],
                     "nothing comes after 354, and nobody can say there why.", HEALTHY=False)}
AT["router-any"] = seen([session("full segments come in and do not go out", accepted=0, primary="pmtu-black-hole", points_to="network middlebox",
                                 forbid="sender-stall zero-window-stall-server duplicate-delivery-risk data-final-timeout tcp-reset-by-client-data loss-heavy")],
                        [packets("frame matches \"mail from:<\"", 2, 2), packets("ip.dst==198.51.100.25 && ip.len > 1300", 10),
                         none("ip.dst==198.51.100.25 && ip.len > 1300 && ip.ttl < 64")], "recorded on all interfaces at once (-i any), what is forwarded is there twice.")
