"""A monitor looks in every 4 s (greeting, EHLO, QUIT), a person once; Exim verifies a sender by callout. No mail."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    for _ in range(5):
        lab.talk("EHLO monitor.example", source="192.0.2.11")
        lab.sleep(4)
    lab.talk("EHLO client.example", "HELP")
    lab.talk("EHLO client.example", "MAIL FROM:<>", "RCPT TO:<bob@partner.example>", "RSET")


TRUTH = [session("health check", accepted=0, times=5, forbid="client-abort-idle client-abort-ehlo"),
         session("a person looked", accepted=0), session("callout", accepted=0, also="address-callout")]
EXPECT = ["health-check"]
PROOF = [packets("smtp.req.command==\"EHLO\"", 7)]
