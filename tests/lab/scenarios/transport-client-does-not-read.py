"""A scripted client pipelines RSET without reading the replies: its window closes for 20 s; then it reads and quits."""
from labkit.scenario import *


def play(lab):
    import socket
    lab.sh("client", "sysctl -qw net.ipv4.tcp_rmem='4096 4096 4096'")
    lab.postfix("smtpd_junk_command_limit=100000\nsmtpd_error_sleep_time=0\nsmtpd_soft_error_limit=100000\nsmtpd_hard_error_limit=100000")
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example")
    client.sock.settimeout(3)
    for _ in range(4000):
        try:
            client.send("RSET")
        except OSError:
            break
    lab.sleep(20)
    client.sock.settimeout(10)
    client.send("QUIT")
    client.drain(5)


TRUTH = [session("the client's window was closed", accepted=0, primary="", also="zero-window-stall-client",
                 allow="zero-window-stall-client", forbid="zero-window-stall-server", server_log=False)]
HEALTHY = False
PROOF = [packets("tcp.analysis.zero_window && ip.src==192.0.2.10")]
