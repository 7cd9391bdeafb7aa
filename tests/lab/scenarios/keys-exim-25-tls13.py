"""Exim (GnuTLS) on 25, STARTTLS with TLS 1.3; smtplib keeps its keys: delivered twice in one session, content refused and deferred, relaying refused."""
from labkit.scenario import *

TLS = "good"
KEYS = True


def play(lab):
    lab.exim(data="deny condition = ${if match{$h_Subject:}{pills}}\n     message = This message was classified as SPAM and may not be delivered\n"
                  "defer condition = ${if match{$h_Subject:}{later}}\n     message = Temporary local problem - please try later")
    inside = {"starttls": True, "version": TLS13}
    lab.deliver(count=2, **inside)
    for subject in ("pills", "later"):
        lab.deliver(message=lab.message(subject=subject), **inside)
    lab.deliver(rcpt=["bob@elsewhere.example"], **inside)


TRUTH = [session("two messages delivered", accepted=2, forbid="tls-opaque"),
         session("refused as spam", accepted=0, primary="spam-content", points_to="client", forbid="tls-opaque duplicate-delivery-risk"),
         session("451 local problem", accepted=0, primary="server-local-error", points_to="server", forbid="tls-opaque greylisted"),
         session("relaying refused", accepted=0, primary="relay-denied", points_to="client", forbid="tls-opaque")]
PROOF = [packets("tls.handshake.type==1", 4), log(" <= .* X=TLS1.3", 2), log("rejected after DATA", 2), log("rejected RCPT")]
