"""Exim (GnuTLS) on 465, TLS 1.2 from the first byte; curl and smtplib keep their keys: delivered, content refused, one recipient deferred."""
from labkit.scenario import *

TLS = "good"
KEYS = True


def play(lab):
    lab.exim(ports="465", rcpt="defer local_parts = later\n     message = Temporary local problem - please try later",
             data="deny condition = ${if match{$h_Subject:}{eicar}}\n     message = This message contains a virus (Eicar-Test-Signature)")
    lab.curl("--tlsv1.2", "--tls-max", "1.2", "--cacert", str(lab.ca), "--connect-to", f"::{SERVER}:465", url="smtps://mail.partner.example:465")
    inside = {"port": 465, "implicit": True, "version": TLS12}
    lab.deliver(message=lab.message(subject="eicar"), **inside)
    lab.deliver(rcpt=["later@partner.example", "bob@partner.example"], **inside)


TRUTH = [session("delivered", accepted=1, forbid="tls-opaque implicit-tls-deadlock"),
         session("refused as a virus", accepted=0, primary="virus-detected", points_to="client", forbid="tls-opaque"),
         session("one recipient deferred, delivered to the other", accepted=1, primary="server-local-error", points_to="server", forbid="tls-opaque")]
PROOF = [packets("tls.handshake.type==1", 3), log(" <= .* X=TLS1.2", 2), log("rejected after DATA"), log("temporarily rejected RCPT")]
