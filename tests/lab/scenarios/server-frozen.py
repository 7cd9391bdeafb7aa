"""Postfix's smtpd is stopped (SIGSTOP) inside a 3 MB message: its window closes; smtplib gives up after 60 s."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix()
    client = lab.connect(timeout=60)
    client.reply(), client.ask("EHLO client.example"), client.ask("MAIL FROM:<alice@client.example>")
    client.ask("RCPT TO:<bob@partner.example>"), client.ask("DATA")
    client.send("Subject: big", "", *["x" * 70] * 100)
    lab.sleep(0.5)
    mx.freeze("smtpd")
    try:
        client.sock.settimeout(60)
        client.send(*["y" * 70] * 42_000)
    except OSError:
        client.close()


TRUTH = [session("the server's window closed in the content and stayed closed", accepted=0,
                 primary="zero-window-stall-server data-block-timeout", points_to="server", also="zero-window-stall-server",
                 forbid="sender-stall retransmission-exhausted pmtu-black-hole data-final-timeout loss-heavy")]
PROOF = [packets("tcp.analysis.zero_window && ip.src==198.51.100.25"), packets("tcp.analysis.zero_window_probe || tcp.analysis.keep_alive"),
         none("smtp.eom")]
AT = {"server": seen([session("the server's own window closed in the content and stayed closed", accepted=0,
                              primary="zero-window-stall-server data-block-timeout", points_to="server", also="zero-window-stall-server",
                              forbid="sender-stall retransmission-exhausted pmtu-black-hole data-final-timeout loss-heavy one-way-loss")],
                     [packets("tcp.analysis.zero_window && ip.src==198.51.100.25"), none("smtp.eom")], "its own window announcements say it.")}
