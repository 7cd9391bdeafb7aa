"""A firewall that follows connections is restarted (its table emptied, as conntrack -F does) while the client waits 5 s before MAIL; it answers what belongs to no connection with a RST. The server's TTL begins at 54."""
from labkit.scenario import *


def play(lab):
    lab.sh("server", "sysctl -qw net.ipv4.ip_default_ttl=54")
    lab.stateful(idle=3600, answer="reject with tcp reset")
    lab.postfix()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example")
    lab.sleep(5)
    lab.forget_connections()
    client.ask("MAIL FROM:<alice@client.example>")
    lab.sleep(1)
    lab.deliver()


TRUTH = [session("RST forged by the firewall that forgot the connection", accepted=0, primary="tcp-reset-injected tcp-reset-by-server-mail",
                 points_to="middlebox", also="tcp-reset-injected", forbid="server-idle-timeout client-abort-mail tcp-reset-by-client-mail"),
         session("a connection made afterwards", accepted=1)]
PROOF = [packets("tcp.flags.reset==1 && ip.src==198.51.100.25 && ip.ttl==64", 1, 1), log("queue active")]
AT = {"server": seen([session("silent after EHLO, and never closed", accepted=0,
                              forbid="tcp-reset-injected server-idle-timeout client-abort-idle client-abort-mail state-lost-after-idle one-way-loss"),
                      session("a connection made afterwards", accepted=1)],
                     [none("tcp.flags.reset==1")], "the first session is silent and never closed, the second delivers.")}
