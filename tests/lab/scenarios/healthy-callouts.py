"""An Exim relay verifies recipients by callout to Exim before it takes the message (an unknown one refused), then delivers; Postfix verifies by probe (sendmail -bv)."""
from labkit.scenario import *


def play(lab):
    mx = lab.exim(rcpt="deny local_parts = nobody\n     message = 550 5.1.1 no such mailbox here")
    client = lab.mta("exim", rcpt="require verify = recipient/callout=20s")
    lab.inject(rcpt=["bob@partner.example", "nobody@partner.example"])
    mx.wait_log(" <= ")
    lab.sleep(2)
    client.kill("exim4")
    lab.sleep(1)
    client = lab.mta("postfix")
    client.root.run("/usr/sbin/sendmail", "-bv", "-f", "alice@client.example", "bob@partner.example")
    lab.sleep(5)


HEALTHY = True
TRUTH = [session("callout", accepted=0, also="address-callout"), session("callout, unknown", accepted=0, also="address-callout", allow="user-unknown"),
         session("delivered", accepted=1), session("probe", accepted=0, also="address-callout")]
PROOF = [packets("smtp.req.command==\"RCPT\"", 3), log(" <= ")]
