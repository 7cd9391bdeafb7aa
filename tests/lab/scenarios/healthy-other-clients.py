"""Clients people really use: perl's Net::SMTP, curl --mail-rcpt twice, swaks --pipeline, openssl with -crlf by hand, Python's smtplib with 8BITMIME and SMTPUTF8; to OpenSMTPD, aiosmtpd and Postfix."""
from labkit.scenario import *


def play(lab):
    lab.opensmtpd()
    lab.postfix(address="198.51.100.26")
    lab.aiosmtpd(address="198.51.100.27")
    perl = ("use Net::SMTP; $s = Net::SMTP->new($ARGV[0], Hello => 'client.example', Timeout => 20) or die; $s->mail('alice@client.example'); "
            "$s->to('bob@partner.example', 'carol@partner.example'); $s->data(); $s->datasend(\"Subject: x\\n\\n.dot\\ntext\\n\"); $s->dataend(); $s->quit;")
    for to in (SERVER, "198.51.100.26", "198.51.100.27"):
        lab.run_client("perl", "-e", perl, to)
        lab.curl("--mail-rcpt", "carol@partner.example", url=f"smtp://{to}:25")
        lab.swaks("--pipeline", to=to)
        lab.deliver(to=to, options=["BODY=8BITMIME"] if to != SERVER else ())


TRUTH = [session("delivered", accepted=1, times=12)]
LOG = "three servers"
PROOF = [packets("smtp.eom", 12)]
