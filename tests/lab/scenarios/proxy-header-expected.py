"""Postfix expects a PROXY header (smtpd_upstream_proxy_protocol=haproxy); one client comes through the balancer, another directly and gets a 421 after 5 s."""
from labkit.scenario import *

LOG = "Postfix logs the address that the PROXY header names"


def play(lab):
    lab.postfix("smtpd_upstream_proxy_protocol=haproxy")
    client = lab.connect(source="192.0.2.11")
    client.send("PROXY TCP4 192.0.2.77 198.51.100.25 40000 25")
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.ask("RCPT TO:<bob@partner.example>"), client.ask("DATA"), client.ask("Subject: x", "", "text", "."), client.ask("QUIT")
    client.fin(), client.drain()
    lab.deliver(timeout=20)


TRUTH = [session("delivered through the balancer", accepted=1, forbid="early-talker proxy-protocol-unexpected"),
         session("no header: 421 after 5 s", accepted=0, primary="proxy-protocol-expected", points_to="client server",
                 forbid="server-not-accepting service-shutdown")]
PROOF = [packets("tcp.payload contains \"PROXY TCP4\""), packets("smtp.response.code==421"), log("status=sent")]
