"""A client binds the same source port for each of three connections: one ends by QUIT, one by RST after QUIT, one delivers; a fourth over IPv6."""
from labkit.scenario import *


def play(lab):
    import socket
    from labkit import net
    from labkit.scripted import Peer
    lab.postfix()
    for end in ("rst", "rst", "fin"):
        with net.host("client"):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((CLIENT, 40_025))
            sock.settimeout(20)
            sock.connect((SERVER, 25))
        client = Peer(sock)
        client.reply()
        for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
            client.ask(line)
        client.ask("Subject: x", "", "text", "."), client.ask("QUIT")
        getattr(client, end)()
        client.close()
        lab.sleep(1)
    lab.deliver(to=SERVER6)


LOG = "one source port stands for several connections"
TRUTH = [session("delivered", accepted=1, times=4, server_log=False)]
PROOF = [packets("tcp.flags.syn==1 && tcp.flags.ack==0 && tcp.srcport==40025", 3), log("status=sent", 4)]
