"""A message of 30 kB for a Postfix that takes 20 kB: refused at MAIL by its SIZE (smtplib), and at the end of the data (a client that does not say its size)."""
from labkit.scenario import *


def play(lab):
    lab.postfix("message_size_limit=20000")
    lab.deliver(size=30_000)
    body = b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n"
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA",
             body * 350 + b".\r\n", None)


TRUTH = [session("552 to MAIL", accepted=0, primary="size-exceeds-advertised message-too-large", points_to="client policy", forbid="mailbox-full"),
         session("552 to the content", accepted=0, primary="message-too-large size-exceeds-advertised", points_to="client policy", forbid="mailbox-full data-aborted", server_log=False)]
PROOF = [packets("smtp.response.code==552", 2)]
