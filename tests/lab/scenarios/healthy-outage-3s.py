"""The path is dead for 3 s in both directions while Postfix sends 2 MB to Postfix (20 ms) and smtplib waits for the answer to RCPT; both deliver."""
from labkit.scenario import *

SECONDS = 120


def play(lab):
    import threading
    mx = lab.postfix()
    lab.link(delay=0.01)
    done = []

    def big():
        done.append(lab.deliver(message=lab.message(1_500_000)))

    def slow():
        c = lab.connect()
        c.reply(), c.ask("EHLO client.example"), c.ask("MAIL FROM:<alice@client.example>")
        lab.sleep(0.6)
        c.ask("RCPT TO:<bob@partner.example>"), c.ask("DATA"), c.ask("Subject: x", "", "text", "."), c.ask("QUIT"), c.close()
    t = [threading.Thread(target=slow), threading.Thread(target=big)]
    t[0].start(), lab.sleep(0.3), t[1].start()
    lab.sleep(0.35)
    lab.link(cut=True)
    lab.sleep(3)
    lab.link(cut=False)
    for x in t:
        x.join()


HEALTHY = True
TRUTH = [session("delivered", 1, forbid="rcpt-timeout slow-reply-rcpt retransmission-exhausted one-way-loss"), session("delivered", 1, forbid="retransmission-exhausted one-way-loss pmtu-black-hole data-final-timeout sender-stall loss-heavy")]
PROOF = [packets("tcp.analysis.retransmission", 2), log("status=sent", 2)]
