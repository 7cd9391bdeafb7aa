"""The path from the server back to the client dies after EHLO (nothing of it arrives); the client gives up after 20 s. Then the same with a link that loses everything for 12 s and comes back: delivered."""
from labkit.scenario import *


def play(lab):
    import threading
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example")
    lab.nft("router", "chain f { type filter hook forward priority 0; ip saddr 198.51.100.25 drop; }")
    client.ask("MAIL FROM:<alice@client.example>", timeout=20)
    client.close()
    lab.sleep(1)
    lab.forget("router")
    lab.sleep(8)
    client = lab.connect(timeout=60)
    client.reply(), client.ask("EHLO client.example")
    lab.nft("router", "chain f { type filter hook forward priority 0; drop; }")
    threading.Timer(6, lambda: lab.forget("router")).start()
    for line in ("MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        client.ask(line, timeout=60)
    client.ask("Subject: x", "", "text", ".", timeout=60), client.ask("QUIT"), client.fin(), client.drain(), client.close()


TRUTH = [session("nothing comes back", accepted=0, primary="retransmission-exhausted one-way-loss mail-timeout", points_to="network", forbid="client-abort-mail server-idle-timeout"),
         session("delivered after an outage of 6 s", accepted=1, forbid="retransmission-exhausted one-way-loss mail-timeout state-lost-after-idle")]
PROOF = [packets("tcp.analysis.retransmission", 4), log("status=sent")]
