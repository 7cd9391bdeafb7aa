"""A firewall on the router ends a session with RSTs forged in the name of both while Exim takes 3 s over RCPT, the client pipelines DATA; each sees that the other's TTL is not what it was."""
from labkit.scenario import *


def play(lab):
    lab.sh("server", "sysctl -qw net.ipv4.ip_default_ttl=54")
    lab.sh("client", "sysctl -qw net.ipv4.ip_default_ttl=50")
    lab.exim(rcpt="warn delay = 3s")
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.send("RCPT TO:<bob@partner.example>")
    lab.sleep(1)
    port = client.me[1]
    lab.nft("router", f"chain f {{ type filter hook forward priority 0; tcp sport {port} reject with tcp reset; tcp dport {port} reject with tcp reset; }}")
    lab.sleep(4)
    client.send("DATA")
    lab.sleep(1)


TRUTH = [session("RST to the client, forged on the router", accepted=0, primary="tcp-reset-injected", points_to="middlebox",
                 also="tcp-reset-injected", forbid="server-closed-mid-session duplicate-delivery-risk tcp-reset-by-client-rcpt client-abort-rcpt")]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25 && ip.ttl==64"), packets("ip.src==198.51.100.25 && ip.ttl==53", 3)]
AT = {"server": seen([session("RST to the server, forged on the router", accepted=0, primary="tcp-reset-injected", points_to="middlebox",
                              forbid="tcp-reset-by-server-rcpt server-closed-mid-session duplicate-delivery-risk client-abort-rcpt sender-stall")],
                     [packets("tcp.flags.reset==1 && ip.src==192.0.2.10 && ip.ttl==64"), packets("ip.src==192.0.2.10 && ip.ttl==49", 3)],
                     "the RST comes in the client's name.")}
AT["router-any"] = seen([session("forwarded packets twice, the forged RSTs once", accepted=0, primary="tcp-reset-injected", points_to="middlebox",
                                 forbid="loss-heavy one-way-loss retransmission-exhausted server-closed-mid-session client-abort-rcpt sender-stall")],
                        [packets("frame contains \"MAIL FROM\"", 2, 2), packets("tcp.flags.reset==1 && ip.src==198.51.100.25", 1),
                         packets("tcp.flags.reset==1 && ip.src==192.0.2.10", 1)], "recorded on all interfaces at once (-i any).")
