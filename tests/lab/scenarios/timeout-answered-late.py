"""Postfix's smtpd is stopped (SIGSTOP) in turn before the greeting (its master), EHLO, MAIL, RCPT, DATA, the dot and STARTTLS; clients give up after 12 s and close; then it goes on and answers into nothing."""
from labkit.scenario import *

TLS = "good"
SECONDS = 300


def play(lab):
    mx = lab.postfix()
    steps = ["EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA", "dot"]
    client = None
    mx.freeze("master")
    client = lab.connect()
    client.reply(timeout=12), client.close()
    lab.sleep(2)
    mx.thaw("master")
    lab.sleep(2)
    for n in range(6):
        client = lab.connect()
        client.reply()
        before = ["EHLO client.example"] if n == 5 else steps[:n]
        for line in before:
            client.ask(line)
        lab.sleep(0.3)
        mx.freeze("smtpd")
        if n == 4:
            client.send("Subject: x", "", "text", ".")
        else:
            client.send("STARTTLS" if n == 5 else steps[n])
        client.reply(timeout=12), client.close()
        lab.sleep(2)
        mx.thaw("smtpd")
        lab.sleep(2)


TRUTH = [session("greeting", 0, "greeting-timeout", "server", server_log=False, forbid="early-talker client-abort-greeting")] + [
    session(w, a, p, "server", server_log=False, forbid="server-closed-mid-session tcp-reset-by-client-idle", allow="duplicate-delivery-risk") for w, a, p in (
        ("EHLO", 0, "ehlo-timeout"), ("MAIL", 0, "mail-timeout"), ("RCPT", 0, "rcpt-timeout"), ("DATA", 0, "data-init-timeout"),
        ("dot", None, "data-final-timeout duplicate-delivery-risk"), ("STARTTLS", 0, "starttls-timeout"))]
LOG = "the server answers into nothing"
PROOF = [packets("tcp.time_delta > 10", 3)]
