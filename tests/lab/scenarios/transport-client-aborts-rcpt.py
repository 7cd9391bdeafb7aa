"""A scripted client closes without a word while Postfix still works on RCPT (Exim delays it 20 s)."""
from labkit.scenario import *


def play(lab):
    lab.exim(rcpt="warn delay = 20s")
    lab.talk("EHLO client.example", "MAIL FROM:<alice@client.example>", b"RCPT TO:<bob@partner.example>\r\n", 3, end="fin")


TRUTH = [session("client closed 3 s after RCPT", accepted=0, primary="client-abort-rcpt", points_to="client",
                 forbid="rcpt-timeout duplicate-delivery-risk data-aborted", server_log=False)]
PROOF = [packets("tcp.flags.fin==1 && ip.src==192.0.2.10"), none("smtp.req.command==\"QUIT\"")]
