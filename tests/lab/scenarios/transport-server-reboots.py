"""The server loses power and comes back: for 5 s nothing of it gets through, its process is gone, and its kernel answers the client's next packet with RST. Once after RCPT, once in the content."""
from labkit.scenario import *


def play(lab):
    servers = [lab.postfix(), lab.postfix(address="198.51.100.26")]
    for n, lines in enumerate((("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>"),
                  ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"))):
        client = lab.connect(to=servers[n].address)
        client.reply()
        for line in lines:
            client.ask(line)
        lab.nft("router", "chain f { type filter hook forward priority 0; ip saddr 198.51.100.25-198.51.100.26 drop; ip daddr 198.51.100.25-198.51.100.26 drop; }")
        servers[n].kill("smtpd")
        lab.sleep(1)
        client.send("DATA" if n == 0 else "Subject: x")
        lab.sleep(4)
        lab.forget("router")
        client.drain(15)
        lab.sleep(1)


TRUTH = [session("RST after the reboot", accepted=0, primary="tcp-reset-by-server-data-init server-closed-mid-session", points_to="server", forbid="tcp-reset-injected client-abort-rcpt"),
         session("RST after the reboot", accepted=0, primary="tcp-reset-by-server-data server-closed-mid-session", points_to="server", forbid="tcp-reset-injected sender-stall")]
PROOF = [packets("(tcp.flags.reset==1 || tcp.flags.fin==1) && ip.dst==192.0.2.10", 2)]
