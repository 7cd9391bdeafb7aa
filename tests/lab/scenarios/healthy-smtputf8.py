"""Postfix delivers to a recipient with a non-ASCII local part: SMTPUTF8 offered and used."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    lab.mta("postfix")
    lab.inject(rcpt=["björn@partner.example"], options=["SMTPUTF8"], message="From: a@client.example\r\nSubject: grüße\r\n\r\nhej\r\n".encode())
    mx.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("delivered", accepted=1, forbid="smtputf8-required syntax-error-args ext-param-not-offered")]
PROOF = [packets("smtp contains \"SMTPUTF8\" && ip.src==192.0.2.10"), log("status=sent")]
