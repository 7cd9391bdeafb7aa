"""A scripted client uses parameters that were not offered: DSN's NOTIFY at a Postfix without DSN (501), an unknown one (555)."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_discard_ehlo_keywords=dsn")
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example> NOTIFY=SUCCESS", "RSET",
             "MAIL FROM:<alice@client.example> COLOUR=blue")


TRUTH = [session("parameters refused", accepted=0, primary="ext-param-not-offered ext-param-rejected syntax-error-args", points_to="client",
                 also="ext-param-not-offered", forbid="user-unknown", server_log=False)]
PROOF = [packets("smtp.response.code==501 || smtp.response.code==555", 2)]
