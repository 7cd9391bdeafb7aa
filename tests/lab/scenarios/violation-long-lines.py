"""A content line of 3000 octets (Exim refuses it: message has lines too long), and a reply line of 800 from a scripted server."""
from labkit.scenario import *


def play(lab):
    lab.exim(data="deny condition = ${if > {$max_received_linelength}{998}}\n     message = maximum allowed line length is 998 octets, got $max_received_linelength")
    lab.scripted(lambda peer: obliging(peer, greeting="220 mail.partner.example " + "welcome " * 100), address="198.51.100.26")
    lab.deliver(message=lab.message(body="x" * 3000 + "\r\n"))
    lab.deliver(to="198.51.100.26")


TRUTH = [session("line too long, refused", accepted=0, primary="text-line-too-long content-error content-blocked message-malformed-5322 permanent-reject-unclassified", points_to="client unknown policy", also="text-line-too-long"),
         session("reply line too long, delivered", accepted=1, also="reply-line-too-long")]
PROOF = [packets("smtp.response.code==550"), log("rejected after DATA")]
