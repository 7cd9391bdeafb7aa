"""A scripted client ignores that every recipient was refused and DATA with them, and sends its content all the same."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@elsewhere.example>", "DATA",
             b"Subject: unwanted\r\n\r\ntext that nobody asked for\r\n.\r\n", 1, end="fin")


TRUTH = [session("content after 554", accepted=0, primary="relay-denied data-after-rejection", points_to="client", also="data-after-rejection",
                 forbid="bad-sequence-disputed user-unknown", server_log=False)]
PROOF = [packets("smtp.response.code==554"), packets("smtp.response.code==221 || smtp.response.code==500 || smtp.response.code==502")]
