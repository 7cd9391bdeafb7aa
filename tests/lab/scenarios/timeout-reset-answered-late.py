"""The same with clients whose host resets at once when they give up (SO_LINGER 0): EHLO, RCPT, the dot."""
from labkit.scenario import *

SECONDS = 300


def play(lab):
    mx = lab.postfix()
    steps = ["EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA", "dot"]
    for n in (0, 2, 4):
        client = lab.connect()
        client.reply()
        for line in steps[:n]:
            client.ask(line)
        lab.sleep(0.3)
        mx.freeze("smtpd")
        if n == 4:
            client.send("Subject: x", "", "text", ".")
        else:
            client.send(steps[n])
        client.reply(timeout=12), client.rst()
        lab.sleep(2)
        mx.thaw("smtpd")
        lab.sleep(2)


TRUTH = [session("EHLO", 0, "ehlo-timeout", "server", server_log=False), session("RCPT", 0, "rcpt-timeout", "server", server_log=False),
         session("dot", 0, "data-final-timeout duplicate-delivery-risk", "server client", server_log=False)]
LOG = "the server answers into nothing"
PROOF = [packets("tcp.flags.reset==1 && ip.src==192.0.2.10", 3)]
