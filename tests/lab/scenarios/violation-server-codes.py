"""Scripted servers: lines of one reply with different codes; a code that is none; a reply nobody asked for. smtplib delivers or leaves."""
from labkit.scenario import *


def play(lab):
    def mixed(peer):
        obliging(peer, override=lambda p, verb, line: verb == "EHLO" and (p.send("250-mail.partner.example", "220-SIZE 1000000", "250 8BITMIME") or True))

    def nonsense(peer):
        obliging(peer, override=lambda p, verb, line: verb == "MAIL" and (p.send("999 what is this") or True))

    def talkative(peer):
        obliging(peer, override=lambda p, verb, line: verb == "RCPT" and (p.send("250 2.1.5 Ok", "250 2.1.5 Ok again") or True))
    for number, answer in enumerate((mixed, nonsense, talkative)):
        lab.scripted(answer, address=f"198.51.100.{25 + number}")
    lab.deliver(), lab.deliver("198.51.100.26"), lab.deliver("198.51.100.27")


TRUTH = [session("codes differ inside a reply", accepted=None, primary="reply-multiline-inconsistent reply-unsolicited reply-count-mismatch", points_to="server", also="reply-multiline-inconsistent"),
         session("code 999", accepted=0, primary="reply-code-invalid", points_to="server middlebox", also="reply-code-invalid", server_log=False),
         session("one reply too many", accepted=None, primary="reply-unsolicited reply-count-mismatch reply-class-impossible", points_to="server middlebox", server_log=False)]
LOG = "what the client made of it differs from what the server meant"
PROOF = [packets("tcp.payload contains \"999 what\""), packets("tcp.payload contains \"220-SIZE\""), packets("tcp.payload contains \"Ok again\"")]
