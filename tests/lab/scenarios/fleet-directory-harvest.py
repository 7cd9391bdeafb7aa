"""One client tries 30 names that do not exist at Postfix, on three connections."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_reject_unlisted_recipient=yes\nrelay_recipient_maps=regexp:/etc/postfix/users\nsmtpd_error_sleep_time=0\nsmtpd_soft_error_limit=90\nsmtpd_hard_error_limit=100")
    mx.root.write("/etc/postfix/users", "/^bob@partner\\.example$/ x\n")
    for number in range(3):
        lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", *[f"RCPT TO:<guess{number}{n}@partner.example>" for n in range(10)])


TRUTH = [session("ten unknown users", accepted=0, primary="user-unknown", points_to="client", forbid="relay-denied", times=3)]
EXPECT = ["directory-harvest"]
PROOF = [packets("smtp.response.code==550", 30), log("User unknown", 30)]
