"""A Postfix relay gets a refusal for one of three recipients and returns a bounce with a null sender to the client's own server by the same way; vacation-like mail with a null sender besides."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("relay_recipient_maps=regexp:/etc/postfix/users\nsmtpd_reject_unlisted_recipient=yes\n")
    mx.root.write("/etc/postfix/users", "/^(bob|carol|alice)@/ x\n")
    lab.deliver(sender="", rcpt=["bob@partner.example"])
    lab.deliver(rcpt=["bob@partner.example", "gone@partner.example", "carol@partner.example"])


TRUTH = [session("a bounce", accepted=1), session("two of three", accepted=1, primary="user-unknown", points_to="client", forbid="directory-harvest unknown-user-rate")]
PROOF = [log("status=sent", 3)]
