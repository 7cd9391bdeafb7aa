"""Sendmail with STARTTLS: smtplib delivers two mails in TLS 1.3, one in TLS 1.2, msmtp one."""
from labkit.scenario import *

TLS = "rsa"


def play(lab):
    lab.sendmail()
    lab.deliver(starttls=True, count=2), lab.deliver(starttls=True, version=TLS12)
    lab.msmtp("--tls=on", "--tls-starttls=on", "--tls-trust-file=/etc/lab/ca.pem", "--tls-certcheck=off")


TRUTH = [session("two mails inside TLS 1.3"), session("one inside TLS 1.2"), session("one inside TLS, by msmtp")]
PROOF = [packets("tls.handshake.type==2", 3), log("STARTTLS=server.*version=TLSv1.3", 2), log("STARTTLS=server.*version=TLSv1.2"), log("nrcpts=1", 4)]
