"""Clients whose kernel speaks Multipath TCP (options 30 in the handshake) to a server that does not, and to one that does; delivered."""
from labkit.scenario import *


def play(lab):
    import socket
    lab.sh("client", "sysctl -qw net.mptcp.enabled=1")
    lab.scripted(obliging)
    from labkit import net
    from labkit.scripted import Peer
    with net.host("client"):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
        s.settimeout(20)
        s.connect((SERVER, 25))
        c = Peer(s)
    c.reply()
    for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
        c.ask(line)
    c.ask("Subject: x", "", "text", ".")
    c.ask("QUIT"), c.close()


TRUTH = [session("delivered", 1)]
PROOF = [packets("tcp.options.mptcp.subtype || tcp.option_kind==30")]
