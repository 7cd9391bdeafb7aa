"""Postfix refuses recipients: user unknown, relay access denied, mailbox full; and accepts the message for one that exists."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_recipient_restrictions = reject_unauth_destination, check_recipient_access regexp:/etc/postfix/box\n"
                     "smtpd_reject_unlisted_recipient=yes\nrelay_recipient_maps=regexp:/etc/postfix/users\n")
    mx.root.write("/etc/postfix/users", "/^(bob|full)@partner\\.example$/ x\n")
    mx.root.write("/etc/postfix/box", "/^full@/ 552 5.2.2 Mailbox full\n")
    for rcpt in ("nobody@partner.example", "bob@elsewhere.example", "full@partner.example"):
        lab.deliver(rcpt=[rcpt])
    lab.deliver(rcpt=["nobody@partner.example", "bob@partner.example"])


TRUTH = [session("user unknown", accepted=0, primary="user-unknown", points_to="client", forbid="relay-denied mailbox-full"),
         session("relay access denied", accepted=0, primary="relay-denied", points_to="client", forbid="user-unknown"),
         session("mailbox full", accepted=0, primary="mailbox-full", points_to="server", forbid="message-too-large user-unknown"),
         session("one of two recipients unknown, delivered to the other", accepted=1, primary="user-unknown", points_to="client")]
PROOF = [packets("smtp.response.code==550 || smtp.response.code==554 || smtp.response.code==552", 4), log("reject: RCPT", 4)]
