"""Clients that leave without QUIT once their message is accepted: by FIN, by RST; in clear and inside TLS (no close_notify either)."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    import smtplib, ssl
    lab.postfix()
    mail = ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
            b"Subject: x\r\n\r\ntext\r\n.\r\n", None)
    lab.talk(*mail, end="fin")
    lab.talk(*mail, end="rst")
    lab.deliver(quit=False)
    lab.deliver(quit=False, starttls=True, version=TLS12)
    lab.deliver(quit=False, starttls=True, version=TLS13)
    lab.sleep(1)


TRUTH = [session("accepted, then left without QUIT", accepted=1, times=3), session("delivered inside TLS, left without QUIT", times=2)]
PROOF = [none("smtp.req.command==\"QUIT\""), log("status=sent", 5)]
