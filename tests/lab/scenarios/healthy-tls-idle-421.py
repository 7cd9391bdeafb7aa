"""Inside TLS a client falls silent after its mail; Postfix (smtpd_timeout shortened to 15 s) says 421 and closes."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    import smtplib, ssl
    from labkit import net
    lab.postfix("smtpd_timeout=15s")
    for version in (TLS12, TLS13):
        with net.host("client"):
            server = smtplib.SMTP(SERVER, 25, local_hostname="client.example", timeout=40)
            context = ssl._create_unverified_context()
            context.minimum_version = context.maximum_version = version
            server.starttls(context=context)
            server.sendmail("alice@client.example", ["bob@partner.example"], lab.message())
            lab.sleep(18)
            server.close()


HEALTHY = True
TRUTH = [session("delivered inside TLS, then idle until the server closed", times=2, allow="server-timeout-too-short")]
PROOF = [log("status=sent", 2), log("timeout after END-OF-MESSAGE", 2)]
