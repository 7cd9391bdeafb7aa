"""TLS that works: gnutls-cli on 465 and 587 with TLS 1.2 and 1.3, OpenSMTPD, Postfix and Exim deliver by STARTTLS to Exim (GnuTLS), Exim to Postfix (OpenSSL)."""
from labkit.scenario import *

TLS = "good"
LOG = "what was accepted inside TLS cannot be counted in packets"


def play(lab):
    exim = lab.exim()
    postfix = lab.postfix(address="198.51.100.26", services=(
        "25 inet n - n - - smtpd", "465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes", "587 inet n - n - - smtpd"))
    for version in ("1.2", "1.3"):
        how = ("--x509cafile=/etc/lab/ca.pem", "--verify-hostname=mail.partner.example", f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}")
        talk = b"EHLO client.example\r\nNOOP\r\nQUIT\r\n"
        lab.gnutls_cli(*how, to="198.51.100.26", port=465, talk=talk)
        lab.gnutls_cli("--starttls-proto=smtp", *how, to="198.51.100.26", port=587, talk=talk)
    for n, (kind, to, main) in enumerate((("opensmtpd", SERVER, ""), ("postfix", SERVER, "smtp_tls_security_level=may\nsmtp_tls_protocols=TLSv1.2"),
                                          ("exim", "198.51.100.26", "")), 1):
        client = lab.mta(kind, to, main)
        lab.inject()
        (postfix if to != SERVER else exim).wait_log("status=sent" if to != SERVER else "(?s)" + " <= .*" * n)
        lab.sleep(1)
        client.kill({"opensmtpd": "smtpd", "postfix": "master", "exim": "exim4"}[kind])


TRUTH = [session("a probe inside TLS", times=4), session("delivered inside TLS", times=3)]
PROOF = [packets("tls.handshake.type==2", 7), log(" <= .* X=TLS1.2"), log(" <= .* X=TLS1.3"), log("TLSv1.2 with cipher", 2), log("TLSv1.3 with cipher", 3),
         log("status=sent")]
