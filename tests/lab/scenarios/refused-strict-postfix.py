"""Postfix with smtpd_forbid_bare_newline=reject refuses a message with LF alone (550 or 521); with smtpd_forbid_unauth_pipelining a client that pipelines behind EHLO; with strict_rfc821_envelopes a sender without brackets."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_forbid_unauth_pipelining=yes\nsmtpd_forbid_bare_newline=reject\nstrict_rfc821_envelopes=yes\n")
    start = ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA")
    lab.talk(*start, b"Subject: x\n\ntext\n\r\n.\r\n", None)
    lab.talk(b"EHLO client.example\r\nMAIL FROM:<alice@client.example>\r\nRCPT TO:<bob@partner.example>\r\n", None, None, None)
    lab.talk("EHLO client.example", "MAIL FROM: alice@client.example")


TRUTH = [session("bare LF refused", 0, "bare-lf-rejected bare-lf-content", "client", server_log=False), session("pipelined behind EHLO", 0, "pipelining-rejected pipelining-group-violation bad-sequence-client", "client", server_log=False),
         session("no brackets", 0, "syntax-error-args sender-syntax-invalid", "client", server_log=False)]
PROOF = [packets("smtp.response.code >= 500", 3)]
