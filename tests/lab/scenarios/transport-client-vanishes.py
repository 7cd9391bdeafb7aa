"""The client host vanishes (link cut in both directions) inside its content; Postfix (smtpd_timeout 20 s) says 421 into nothing."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_timeout=20s")
    lab.link(delay=0.01)
    client = lab.connect()
    client.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        client.ask(line)
    client.send("Subject: x", "", "text")
    lab.sleep(1)
    lab.link(cut=True)
    client.send("more", ".")
    lab.sleep(50)


TRUTH = [session("cut", accepted=0, primary="retransmission-exhausted one-way-loss data-block-timeout", points_to="network", forbid="server-closed-mid-session data-final-timeout duplicate-delivery-risk sender-stall")]
PROOF = [packets("tcp.analysis.retransmission", 3)]
AT = {"server": seen([session("the client fell silent inside its content and answers nothing", accepted=0, primary="retransmission-exhausted", points_to="network",
                       forbid="server-closed-mid-session duplicate-delivery-risk data-final-timeout sender-stall", server_log=False)], [packets("smtp.response.code==421")], "the client falls silent inside its content; the server's 421 is never acknowledged.", LOG="the 421 is no refusal of Postfix's log")}
