"""The servers: each a program of its own root, configured here, with a log that says what it accepted. Postfix, Sendmail and
servers that are played have files of their own.

outcomes() reads a server's own log: {"192.0.2.10:40001": {"accepted": 1, "deferred": 0, "refused": 0}}. Accepted
counts messages; refused and deferred count the negative replies to MAIL, RCPT, DATA and the end of the content.
"""
import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from . import dialogue, net, programs

NAME = "mail.partner.example"
USERS = """postfix:x:900:900::/var/spool/postfix:/bin/false
Debian-exim:x:902:902::/var/spool/exim4:/bin/false
opensmtpd:x:903:903::/run:/bin/false
opensmtpq:x:904:904::/run:/bin/false
dovecot:x:905:905::/run:/bin/false
dovenull:x:906:906::/run:/bin/false
vmail:x:907:907::/tmp:/bin/false
"""
GROUPS = """postfix:x:900:
postdrop:x:901:
Debian-exim:x:902:
opensmtpd:x:903:
opensmtpq:x:904:
dovecot:x:905:
dovenull:x:906:
vmail:x:907:
"""


def wait_for(what, test, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{what}: not within {seconds} s")


class Root:
    """A root directory of its own: the unpacked programs over this machine's, what is written kept in memory."""

    def __init__(self, work, name, unpacked, where):
        self.where, self.name = where, name
        base = work / name
        self.path = base / "root"
        for part in ("root", "upper", "inner"):
            (base / part).mkdir(parents=True)
        for program in unpacked:  # a lower layer of its own may not lie inside the other one, which is /
            net.sh(f"cp -a {programs.unpack(program)}/. {base}/upper/")
        net.sh(f"mount -t overlay overlay -o lowerdir=/,upperdir={base}/upper,workdir={base}/inner {self.path}")
        net.sh(f"mount -t proc proc {self.path}/proc; mount --rbind /dev {self.path}/dev; mount -t tmpfs tmpfs {self.path}/run; "
               f"mount -t tmpfs -o mode=1777 tmpfs {self.path}/tmp")
        self.write("/etc/passwd", pathlib.Path("/etc/passwd").read_text() + USERS)
        self.write("/etc/group", pathlib.Path("/etc/group").read_text() + GROUPS)
        for path, text in net.FILES.items():
            self.write(path, text)
        self.write("/etc/mailname", f"{NAME}\n")

    def write(self, path, text, mode=0o644):
        target = pathlib.Path(f"{self.path}{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()
        target.write_text(text)
        target.chmod(mode)

    def read(self, path):
        target = pathlib.Path(f"{self.path}{path}")
        return target.read_text(errors="replace") if target.exists() else ""

    def run(self, *command, **more):
        with net.host(self.where):
            return subprocess.run(["chroot", str(self.path), *command], capture_output=True, text=True, timeout=60, **more)

    def start(self, *command, log="/tmp/out"):
        with net.host(self.where), open(f"{self.path}{log}", "ab") as out:
            return subprocess.Popen(["chroot", str(self.path), *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def listening(where, port):
    def test():
        with net.host(where):
            tables = [pathlib.Path(f"/proc/thread-self/net/{name}").read_text() for name in ("tcp", "tcp6")]
        return re.search(rf":{port:04X} [0-9A-F]+:0000 0A ", "".join(tables))
    return test


class Server:
    """What all servers share. `log` holds their own words."""

    def __init__(self, root, address):
        self.root, self.address = root, address

    def processes(self, name):
        """Process ids of this server's program of that name (its argv[0]'s last part)."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    inside = os.readlink(entry / "root") == str(self.root.path)
                    argv0 = (entry / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
                except OSError:
                    continue
                if inside and os.path.basename(argv0) == name:
                    found.append(int(entry.name))
        return found

    def signal(self, name, number):
        pids = self.processes(name)
        for pid in pids:
            os.kill(pid, number)
        return pids

    def freeze(self, name):
        return self.signal(name, signal.SIGSTOP)

    def thaw(self, name):
        return self.signal(name, signal.SIGCONT)

    def kill(self, name):
        return self.signal(name, signal.SIGKILL)

    def wait_log(self, pattern, seconds=60):
        wait_for(f"{pattern} in the log of {self.root.name}", lambda: re.search(pattern, self.log()), seconds)

    def outcomes(self):
        return {}


def tally():
    return collections.defaultdict(lambda: {"accepted": 0, "deferred": 0, "refused": 0})


EXIM = """primary_hostname = {name}
domainlist local_domains = partner.example
daemon_smtp_ports = {ports}
local_interfaces = {interfaces}
tls_on_connect_ports = 465
log_file_path = /var/log/exim4/%slog
log_selector = +incoming_port +smtp_protocol_error +smtp_syntax_error +smtp_no_mail +smtp_incomplete_transaction +received_recipients +tls_cipher +smtp_connection
host_lookup =
rfc1413_query_timeout = 0s
dns_dnssec_ok = 0
queue_only = {queue_only}
smtp_accept_max = {most}
smtp_accept_queue_per_connection = 0
smtp_accept_keepalive = false
acl_smtp_connect = check_connect
acl_smtp_helo = check_helo
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_predata = check_predata
acl_smtp_data = check_data
trusted_users = root
{main}
begin acl
check_connect:
{connect}
  accept
check_helo:
{helo}
  accept
check_mail:
{mail}
  accept
check_rcpt:
{rcpt}
  accept hosts = 127.0.0.1
  require message = relay not permitted
    domains = +local_domains
  accept
check_predata:
{predata}
  accept
check_data:
{data}
  accept
begin routers
{routers}
begin transports
{transports}
begin retry
* * F,1h,5s
begin authenticators
{authenticators}
"""


class Exim(Server):
    """acls: connect, helo, mail, rcpt, predata, data, each lines of an Exim ACL put before the final accept."""

    def __init__(self, lab, main="", address=net.SERVER, where="server", ports="25", name=NAME, relay_to=None, options="",
                 authenticators="", most=100, **acls):
        root = Root(lab.work, lab.unique("exim"), ["exim"], where)
        super().__init__(root, address)
        parts = dict.fromkeys(("connect", "helo", "mail", "rcpt", "predata", "data"), "")
        parts.update({k: "\n".join("  " + line for line in v.splitlines()) for k, v in acls.items()})
        out = ("remote:\n  driver = manualroute\n  domains = *\n  transport = remote\n  self = send\n"
               f"  route_list = * {relay_to or ''} byname\n" if relay_to else
               "take:\n  driver = redirect\n  data = :blackhole:\n")
        transport = f"remote:\n  driver = smtp\n{options}\n" if relay_to else ""
        config = EXIM.format(name=name, interfaces="127.0.0.1" if where == "client" else f"<; {address} ; {net.SERVER6}" if address == net.SERVER else address,
                             main=lab.tls_files(root, "exim") + main, queue_only="false" if relay_to else "true", ports=ports, most=most,
                             routers=out, transports=transport, authenticators=authenticators, **parts)
        root.write("/etc/exim4/exim4.conf", config)
        shutil.rmtree(f"{root.path}/etc/exim4/conf.d", ignore_errors=True)
        for directory in ("/var/log/exim4", "/var/spool/exim4", "/run/exim4"):
            path = pathlib.Path(f"{root.path}{directory}")
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, 902, 902)
        debug = ["-d-all+receive+pid"] if lab.keys else []  # the lines of the dialogue
        self.daemon = root.start("/usr/sbin/exim4", "-bdf", *debug, *(("-q5s",) if relay_to else ()))
        try:
            wait_for("Exim listens", listening(where, int(ports.split(":")[0])))
        except TimeoutError:
            raise RuntimeError(f"Exim: {root.read('/tmp/out')}{self.log()[-2000:]}") from None

    def log(self):
        return self.root.read("/var/log/exim4/mainlog")

    def dialogues(self):
        return dialogue.of_exim(self.root.read("/tmp/out"))

    def outcomes(self):
        done = tally()
        for line in self.log().splitlines():
            m = re.search(r"\[([0-9a-f.:]+)\]:(\d+)", line)
            if not m:
                continue
            client = f"{m[1]}:{m[2]}"
            if " <= " in line:
                done[client]["accepted"] += 1
            elif "temporarily rejected" in line:
                done[client]["deferred"] += 1
            elif re.search(r"rejected (MAIL|RCPT|DATA|after DATA|during)", line):
                done[client]["refused"] += 1
            elif "SMTP connection from" in line:
                done[client]
        return done


class OpenSmtpd(Server):
    def __init__(self, lab, listen="listen on {address} port 25 hostname {name}", rules=None, address=net.SERVER, where="server",
                 name=NAME, relay_to=None, relay="smtp"):
        root = Root(lab.work, lab.unique("opensmtpd"), ["opensmtpd"], where)
        super().__init__(root, address)
        tls = lab.tls_files(root, "opensmtpd")
        if relay_to:
            listen, rules = "listen on 127.0.0.1 port 25", f'action "out" relay host {relay}://{relay_to} helo client.example\nmatch from any for any action "out"\n'
        root.write("/etc/smtpd.conf", tls + listen.format(address=address, name=name) + "\n" + (rules or
                   'action "take" relay host smtp://127.0.0.1:9\nmatch from any for domain "partner.example" action "take"\n'))
        net.sh(f"mkdir -p {root.path}/var/spool/smtpd {root.path}/var/empty {root.path}/run/smtpd; chmod 711 {root.path}/var/spool/smtpd")
        self.daemon = root.start("/usr/sbin/smtpd", "-d", "-v", log="/tmp/smtpd.log")
        try:
            wait_for("OpenSMTPD listens", listening(where, 25 if "port 25" in listen else 465 if "465" in listen else 587))
        except TimeoutError:
            raise RuntimeError(f"OpenSMTPD: {self.log()[-2000:]}") from None

    def log(self):
        return self.root.read("/tmp/smtpd.log")

    def outcomes(self):
        """OpenSMTPD logs no client port: sessions in the order of their connection, as "#1", "#2"."""
        done, of = tally(), {}
        for line in self.log().splitlines():
            if m := re.search(r"(\w{16}) smtp connected address=(?!local)", line):
                of[m[1]] = f"#{len(of) + 1}"
                done[of[m[1]]]
            elif (m := re.search(r"(\w{16}) smtp message ", line)) and m[1] in of:
                done[of[m[1]]]["accepted"] += 1
            elif (m := re.search(r'(\w{16}) smtp failed-command .*result="([45])', line)) and m[1] in of:
                done[of[m[1]]]["deferred" if m[2] == "4" else "refused"] += 1
        return done


class Aiosmtpd(Server):
    """Python's aiosmtpd with a handler that says what it took."""
    PROGRAM = '''
import asyncio, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
class Take:
    async def handle_DATA(self, server, session, envelope):
        print("accepted %s:%d" % session.peer[:2], flush=True)
        return "250 2.0.0 taken"
class Here(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="mail.partner.example", enable_SMTPUTF8=True, ident="ESMTP ready")
c = Here(Take(), hostname=sys.argv[1], port=int(sys.argv[2]))
c.start()
print("ready", flush=True)
sys.stdin.close()
import time
time.sleep(3600)
'''

    def __init__(self, lab, address=net.SERVER, port=25):
        root = Root(lab.work, lab.unique("aiosmtpd"), ["aiosmtpd"], "server")
        super().__init__(root, address)
        root.write("/tmp/server.py", self.PROGRAM)
        root.start("/usr/bin/python3", "/tmp/server.py", address, str(port), log="/tmp/log")
        try:
            wait_for("aiosmtpd", lambda: "ready" in self.log())
        except TimeoutError:
            raise RuntimeError(f"aiosmtpd: {self.log()[-2000:]}") from None

    def log(self):
        return self.root.read("/tmp/log")

    def outcomes(self):
        done = tally()
        for m in re.finditer(r"accepted (\S+)", self.log()):
            done[m[1]]["accepted"] += 1
        return done
