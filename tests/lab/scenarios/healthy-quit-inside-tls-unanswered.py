"""Inside TLS (465, IPv6; STARTTLS on 25) the mail is accepted, then Postfix's smtpd is stopped and QUIT never answered: smtplib gives up after 15 s. No mail is hurt."""
from labkit.scenario import *

TLS = "good"
SECONDS = 100
LOG = "inside TLS"


def play(lab):
    import smtplib
    mx = lab.postfix(services=("25 inet n - n - - smtpd", "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"))
    from labkit import net
    context = ssl._create_unverified_context()
    for port, to in ((465, SERVER6), (25, SERVER)):
        with net.host("client"):
            s = smtplib.SMTP_SSL(to, port, context=context, timeout=15, local_hostname="client.example") if port == 465 else smtplib.SMTP(to, port, timeout=15, local_hostname="client.example")
            if port == 25:
                s.starttls(context=context)
            s.sendmail("alice@client.example", ["bob@partner.example"], lab.message(3000))
            mx.freeze("smtpd")
            try:
                s.quit()
            except OSError:
                pass
            s.close()
        mx.thaw("smtpd")
        lab.sleep(1)


TRUTH = [session("accepted inside TLS, QUIT unanswered", forbid="tls-stalled-server tls-session-closed-by-server duplicate-delivery-risk")] * 2
PROOF = [packets("tls.handshake.type==1", 2), packets("tcp.time_delta > 12", 1), log("status=sent", 2)]
