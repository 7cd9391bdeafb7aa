"""A proxy on the path masks STARTTLS in the EHLO reply (XXXXXXXA): smtplib delivers in clear."""
from labkit.scenario import *

TLS = "good"


def play(lab):
    lab.postfix(address="198.51.100.26")
    lab.middlebox(lambda data, side: data.replace(b"STARTTLS", b"XXXXXXXA") if side == "server" else data)
    lab.deliver()


TRUTH = [session("STARTTLS masked, delivered in clear", accepted=1, primary="starttls-stripped ehlo-keyword-masked", points_to="middlebox",
                 also="ehlo-keyword-masked", forbid="starttls-not-offered")]
PROOF = [packets("smtp contains \"XXXXXXXA\""), log("status=sent")]
LOG = "the server sees the proxy's connection"
AT = {"behind": seen([session("STARTTLS offered and not used, delivered", accepted=1,
                              forbid="starttls-stripped ehlo-keyword-masked starttls-not-offered smtp-banner-mangled")],
                     [packets("smtp contains \"250-STARTTLS\""), none("smtp contains \"XXXXXXXA\"")],
                     "between the proxy and the server, STARTTLS is offered and the client does not want it.")}
