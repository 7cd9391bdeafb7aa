"""A client keeps its connection for 40 s between two messages, with TCP keep-alive probes every 5 s."""
from labkit.scenario import *


def play(lab):
    import socket
    lab.postfix()
    client = lab.connect()
    for name, value in ((socket.SO_KEEPALIVE, 1),):
        client.sock.setsockopt(socket.SOL_SOCKET, name, value)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    client.reply(), client.ask("EHLO client.example")
    for pause in (40, 0):
        client.ask("MAIL FROM:<alice@client.example>"), client.ask("RCPT TO:<bob@partner.example>"), client.ask("DATA")
        client.ask("Subject: x", "", "text", ".")
        lab.sleep(pause)
    client.ask("QUIT"), client.fin(), client.drain()


TRUTH = [session("two messages", accepted=2, forbid="keepalive-unanswered state-lost-after-idle server-idle-timeout")]
PROOF = [packets("tcp.analysis.keep_alive", 4), log("status=sent", 2)]
