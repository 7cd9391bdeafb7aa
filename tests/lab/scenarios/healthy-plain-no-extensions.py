"""Postfix to a Postfix that hides PIPELINING, CHUNKING and STARTTLS: one command at a time."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("smtpd_discard_ehlo_keywords=pipelining,chunking,starttls,dsn")
    lab.mta("postfix")
    lab.inject()
    mx.wait_log("status=sent")
    lab.sleep(1)


TRUTH = [session("delivered", accepted=1)]
PROOF = [log("status=sent"), none("smtp contains \"PIPELINING\"")]
