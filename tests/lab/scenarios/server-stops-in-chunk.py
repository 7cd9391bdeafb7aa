"""BDAT: Exim is stopped (SIGSTOP) inside a chunk of 9 MB; its window closes, and the scripted client gives up after 45 s. Another client delivers two chunks before."""
from labkit.scenario import *

SECONDS = 200


def play(lab):
    mx = lab.exim("message_size_limit = 50M\n")
    c = lab.connect()
    c.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>"):
        c.ask(line)
    c.ask(b"BDAT 2000\r\n" + b"Subject: x\r\n\r\n" + b"y" * 1984 + b"\r\n")
    c.ask(b"BDAT 6 LAST\r\nmore\r\n"), c.ask("QUIT"), c.close()
    c = lab.connect(timeout=45)
    c.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>"):
        c.ask(line)
    c.send(b"BDAT 9000000 LAST\r\nSubject: x\r\n\r\n" + (b"z" * 70 + b"\r\n") * 100)
    lab.sleep(0.5)
    mx.freeze("exim4")
    try:
        c.sock.settimeout(45)
        c.send((b"z" * 70 + b"\r\n") * 124000)
    except OSError:
        c.close()


LOG = "the server is stopped"
TRUTH = [session("delivered in two chunks", 1, server_log=False, forbid="bdat-after-last bdat-size-mismatch"), session("the server's window closed in the chunk", 0, "zero-window-stall-server data-block-timeout", "server",
         also="zero-window-stall-server", forbid="sender-stall duplicate-delivery-risk data-final-timeout pmtu-black-hole retransmission-exhausted bdat-size-mismatch", server_log=False)]
PROOF = [packets("tcp.analysis.zero_window && ip.src==198.51.100.25")]
