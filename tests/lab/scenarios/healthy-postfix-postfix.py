"""Postfix to Postfix with PIPELINING, three recipients; recorded at the client and at the server."""
from labkit.scenario import *

VANTAGE = "client server"


def play(lab):
    mx = lab.postfix()
    lab.mta("postfix")
    lab.inject(rcpt=["bob@partner.example", "carol@partner.example", "dave@partner.example"])
    mx.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("delivered to three recipients", accepted=1)]
PROOF = [log("nrcpt=3"), packets("smtp contains \"RCPT TO:<carol\" && smtp contains \"RCPT TO:<bob\"")]
