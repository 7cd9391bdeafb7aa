"""Postfix, with Dovecot beside it where clients authenticate."""
import os
import pathlib
import re

from . import dialogue, net
from .servers import NAME, Root, Server, listening, tally, wait_for

POSTFIX_MAIN = """compatibility_level = 3.6
myhostname = {name}
mydestination =
relay_domains = partner.example
relay_transport = discard:
default_transport = discard:
mynetworks = 127.0.0.0/8
inet_interfaces = {interfaces}
inet_protocols = all
maillog_file = /var/log/mail.log
smtpd_client_port_logging = yes
smtpd_tls_security_level = none
smtp_host_lookup = native
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtputf8_autodetect_classes = all
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_tls_loglevel = 1
smtp_tls_loglevel = 1
notify_classes =
bounce_queue_lifetime = 0
alias_maps =
alias_database =
"""
POSTFIX_MASTER = """{services}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 discard
defer unix - - n - 0 bounce
trace unix - - n - 0 discard
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Server):
    def __init__(self, lab, main="", services=("25 inet n - n - - smtpd",), address=net.SERVER, where="server",
                 name=NAME, dovecot=False):
        root = Root(lab.work, lab.unique("postfix"), ["postfix"] + ["dovecot"] * dovecot, where)
        super().__init__(root, address)
        interfaces = "127.0.0.1" if where == "client" else f"{address}, [{net.SERVER6}]" if address == net.SERVER else address
        text = POSTFIX_MAIN.format(name=name, interfaces=interfaces) + lab.tls_files(root) + main
        if lab.keys:  # every line of the dialogue goes into its log, too
            text += "debug_peer_list = 0.0.0.0/0, [::]/0\ndebug_peer_level = 1\n"
        settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)  # the last one wins
        settings = {key.strip(): value for key, value in settings.items()}
        root.write("/etc/postfix/main.cf", "".join(f"{key} ={value}\n" for key, value in settings.items()))
        root.write("/etc/postfix/master.cf", POSTFIX_MASTER.format(services="\n".join(services)))
        root.write("/etc/postfix/dynamicmaps.cf", "")
        for directory in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
                          "saved", "trace", "pid", "maildrop", "public"):
            path = pathlib.Path(f"{root.path}/var/spool/postfix/{directory}")
            path.mkdir(parents=True, exist_ok=True)
            group = 901 if directory in ("maildrop", "public") else 0
            os.chown(path, 0 if directory == "pid" else 900, group)
            path.chmod({"maildrop": 0o1730, "public": 0o2710}.get(directory, 0o700))
        data = pathlib.Path(f"{root.path}/var/lib/postfix")
        data.mkdir(parents=True, exist_ok=True)
        os.chown(data, 900, 900)
        if dovecot:
            self.sasl(root)
        started = root.run("/usr/sbin/postfix", "start")
        port = int(services[0].split()[0])
        try:
            wait_for("Postfix listens", listening(where, port))
        except TimeoutError:
            raise RuntimeError(f"Postfix: {started.stdout}{started.stderr}{self.log()[-2000:]}") from None

    def sasl(self, root):
        root.write("/etc/dovecot/dovecot.conf", """protocols =
log_path = /var/log/dovecot.log
listen = 127.0.0.1
ssl = no
auth_mechanisms = plain login cram-md5
disable_plaintext_auth = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=907 gid=907 home=/tmp
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0666
  }
}
""")
        root.write("/etc/dovecot/users", "alice:{PLAIN}wonderland-7\n")
        root.start("/usr/sbin/dovecot", "-F", log="/tmp/dovecot.out")
        socket_path = pathlib.Path(f"{root.path}/var/spool/postfix/private/auth")
        try:
            wait_for("Dovecot's socket", socket_path.exists)
        except TimeoutError:
            raise RuntimeError(f"Dovecot: {root.read('/tmp/dovecot.out')}{root.read('/var/log/dovecot.log')}") from None

    def log(self):
        return self.root.read("/var/log/mail.log")

    def dialogues(self):
        return dialogue.of_postfix(self.log())

    def outcomes(self):
        done, of = tally(), {}
        for line in self.log().splitlines():
            if m := re.search(r"smtpd\[\d+\]: (\w+): client=\S+\[([^]]+)\]:(\d+)", line):
                of[m[1]] = f"{m[2]}:{m[3]}"
                done[of[m[1]]]
            elif (m := re.search(r"qmgr\[\d+\]: (\w+): from=.*queue active", line)) and m[1] in of:
                done[of.pop(m[1])]["accepted"] += 1
            elif m := re.search(r"reject: .* from \S+?\[([^]]+)\]:(\d+): ([45])\d\d ", line):
                done[f"{m[1]}:{m[2]}"]["deferred" if m[3] == "4" else "refused"] += 1
            elif m := re.search(r"smtpd\[\d+\]: connect from \S+\[([^]]+)\]:(\d+)", line):
                done[f"{m[1]}:{m[2]}"]
        return done
