"""Exim takes 24 s for RCPT (recipient verification); swaks is killed (SIGKILL) 4 s into it, another 4 s into the wait behind the dot; a third waits and delivers."""
from labkit.scenario import *


def play(lab):
    lab.exim(rcpt="warn local_parts = slow\n     delay = 24s", data="warn condition = ${if eq{$h_Subject:}{slow}}\n     delay = 24s")

    def killed(*args, rcpt):
        p = lab.start_client("swaks", "--server", SERVER, "--helo", "client.example", "--from", "alice@client.example", "--to", rcpt, *args)
        lab.sleep(4.7)
        p.kill(), p.wait()
    killed(rcpt="slow@partner.example")
    killed("--header", "Subject: slow", rcpt="bob@partner.example")
    lab.swaks(rcpt="slow@partner.example")
    lab.sleep(20)


LOG = "the server answers into nothing"
TRUTH = [session("killed at RCPT", 0, "client-abort-rcpt", "client", forbid="rcpt-timeout client-timeout-too-short server-closed-mid-session", server_log=False),
         session("killed behind the dot", None, "duplicate-delivery-risk client-abort-eod", "client", also="duplicate-delivery-risk", forbid="data-final-timeout data-aborted server-closed-mid-session", server_log=False),
         session("slow, delivered", 1, server_log=False, allow="slow-reply-rcpt")]
PROOF = [packets("tcp.flags.fin==1 && ip.src==192.0.2.10", 2)]
