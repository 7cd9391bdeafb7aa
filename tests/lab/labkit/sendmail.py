"""Two servers more. gnutls-serv echoes inside TLS. Sendmail: its configuration is made by its own m4 files; what it takes stays in its queue.

It logs to /dev/log alone, so its root gets a /dev of its own with a socket there, which is read here. It names no
client port: sessions are counted in the order of their connection, as "#1", "#2".
"""
import os
import pathlib
import re
import socket
import threading

from . import net
from .servers import NAME, Root, Server, listening, tally, wait_for

MC = """divert(0)dnl
define(`confDOMAIN_NAME',`{name}')dnl
define(`confLOG_LEVEL',`14')dnl
define(`confTO_IDENT',`0')dnl
define(`confDELIVERY_MODE',`queueonly')dnl
define(`confSERVICE_SWITCH_FILE',`/etc/mail/service.switch')dnl
define(`ALIAS_FILE',`')dnl
define(`confPID_FILE',`/tmp/sendmail.pid')dnl
define(`STATUS_FILE',`/tmp/statistics')dnl
define(`QUEUE_DIR',`/var/spool/mqueue')dnl
define(`confTRUSTED_USER',`root')dnl
define(`LOCAL_MAILER_PATH',`/bin/false')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`nocanonify')dnl
DAEMON_OPTIONS(`Name=MTA,Addr={address},Port=25')dnl
{mc}MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Cwpartner.example
"""
TLS = """define(`confSERVER_CERT',`/etc/lab/cert.pem')dnl
define(`confSERVER_KEY',`/etc/lab/key.pem')dnl
define(`confCACERT',`/etc/lab/ca.pem')dnl
define(`confCACERT_PATH',`/etc/lab')dnl
"""


class Sendmail(Server):
    def __init__(self, lab, mc="", address=net.SERVER, name=NAME):
        root = Root(lab.work, lab.unique("sendmail"), ["sendmail"], "server")
        super().__init__(root, address)
        self.lines = []
        self._listen_to_log()
        if lab.tls:
            lab.tls_files(root)
            pathlib.Path(f"{root.path}/etc/lab/key.pem").chmod(0o600)
            mc = TLS + mc
        root.write("/etc/mail/lab.mc", MC.format(name=name, address=address, mc=mc))
        root.write("/etc/mail/service.switch", "hosts files\naliases files\npasswd files\n")
        cf = "/usr/share/sendmail/cf"
        made = root.run("/usr/bin/m4", f"-D_CF_DIR_={cf}/", f"{cf}/m4/cf.m4", "/etc/mail/lab.mc")
        if made.returncode != 0:
            raise RuntimeError(f"m4: {made.stderr}")
        root.write("/etc/mail/sendmail.cf", made.stdout)
        root.write("/tmp/statistics", "")
        queue = pathlib.Path(f"{root.path}/var/spool/mqueue")
        queue.mkdir(parents=True, exist_ok=True)
        queue.chmod(0o700)
        self.daemon = root.start("/usr/bin/unshare", "--uts", "/bin/sh", "-c",  # it relays for the name of the host it runs on
                                 f"hostname {name}; exec /usr/libexec/sendmail/sendmail -bD -C/etc/mail/sendmail.cf")
        try:
            wait_for("Sendmail listens", listening("server", 25))
        except TimeoutError:
            raise RuntimeError(f"Sendmail: {root.read('/tmp/out')}{self.log()[-2000:]}") from None

    def _listen_to_log(self):
        device = f"{self.root.path}/dev"
        net.sh(f"mount -t tmpfs -o mode=755 tmpfs {device}; mknod -m 666 {device}/null c 1 3; mknod -m 666 {device}/zero c 1 5; "
               f"mknod -m 666 {device}/random c 1 8; mknod -m 666 {device}/urandom c 1 9")
        syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        syslog.bind(f"{device}/log")
        os.chmod(f"{device}/log", 0o666)

        def read():
            while True:
                self.lines.append(syslog.recv(8192).decode(errors="replace"))

        threading.Thread(target=read, daemon=True).start()

    def log(self):
        return "\n".join(self.lines)

    def outcomes(self):
        done, of, number = tally(), {}, 0
        for line in self.lines:
            m = re.search(r"\[(\d+)\]: (.*)", line, re.S)
            if not m:
                continue
            process, text = m.groups()
            if re.search(r"NOQUEUE: connect from", text):
                number += 1
                of[process] = f"#{number}"
                done[of[process]]
            elif process not in of:
                continue
            elif re.search(r": from=.*nrcpts=[1-9].*(relay|daemon)=", text):
                done[of[process]]["accepted"] += 1
            elif reject := re.search(r"reject=([45])\d\d ", text):
                done[of[process]]["deferred" if reject[1] == "4" else "refused"] += 1
        return done


class GnutlsServ(Server):
    def __init__(self, lab, args, port):
        root = Root(lab.work, lab.unique("gnutls-serv"), ["gnutls"], "server")
        super().__init__(root, net.SERVER)
        lab.tls_files(root)
        root.start("/usr/bin/gnutls-serv", "--echo", "--port", str(port), "--x509certfile=/etc/lab/cert.pem",
                   "--x509keyfile=/etc/lab/key.pem", *args, log="/tmp/log")
        try:
            wait_for("gnutls-serv listens", listening("server", port))
        except TimeoutError:
            raise RuntimeError(f"gnutls-serv: {self.log()[-2000:]}") from None

    def log(self):
        return self.root.read("/tmp/log")
