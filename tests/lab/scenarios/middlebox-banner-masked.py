"""A proxy on the path masks the banner as a firewall's mail inspection does (220 ****); Postfix therefore says HELO and delivers."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix(address="198.51.100.26")
    lab.middlebox(lambda data, side: data.replace(b"220 mail.partner.example ESMTP Postfix", b"220 " + b"*" * 34) if side == "server" else data)
    lab.mta("postfix")
    lab.inject()
    mx.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("banner masked, delivered", accepted=1, primary="smtp-banner-mangled", points_to="middlebox",
                 forbid="greeting-malformed ehlo-fallback-helo starttls-stripped", server_log=False)]
PROOF = [packets("smtp contains \"220 ****\""), packets("smtp.req.command==\"HELO\""), log("status=sent")]
LOG = "the server sees the proxy's connection"
AT = {"behind": seen([session("a healthy session that began with HELO", accepted=1,
                              forbid="smtp-banner-mangled greeting-malformed ehlo-fallback-helo ehlo-refused starttls-stripped ehlo-keyword-masked")],
                     [packets("smtp contains \"220 mail.partner.example\""), packets("smtp.req.command==\"HELO\"")],
                     "between the proxy and the server, the banner is whole and HELO is a client's free choice.")}
