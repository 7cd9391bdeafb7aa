"""Clients that insist on STARTTLS meet a server without: msmtp, curl --ssl-reqd, swaks --tls, Postfix at level encrypt leave."""
from labkit.scenario import *


def play(lab):
    lab.postfix()
    lab.ca = lab.work / "none.pem"
    lab.msmtp("--tls=on", "--tls-certcheck=off"), lab.curl("--ssl-reqd"), lab.swaks("-tls"), lab.deliver(starttls=True, verify=False)
    client = lab.mta("postfix", main="smtp_tls_security_level=encrypt\n")
    lab.inject()
    client.wait_log("status=deferred")
    lab.sleep(1)


TRUTH = [session("left: STARTTLS is not offered", accepted=0, also="starttls-not-offered", forbid="starttls-stripped", times=4)]
PROOF = [none("smtp.req.command==\"MAIL\""), packets("smtp.response.code==220", 4)]
