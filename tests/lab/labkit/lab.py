"""What a scenario is handed: servers to start, clients to run, packets being recorded, faults to make."""
import datetime
import json
import os
import pathlib
import re
import signal
import smtplib
import ssl
import subprocess
import sys
import threading
import time

from . import net, programs
from .postfix import Postfix
from .scripted import Peer, Scripted
from .sendmail import GnutlsServ, Sendmail
from .servers import Aiosmtpd, Exim, OpenSmtpd, Root, wait_for

LINE = "The quick brown fox jumps over the lazy dog, and the mail server counts the octets of it.\r\n"
# mail, what routers say about it, fragments, VXLAN; not what every interface says by itself
EVERYTHING = "(tcp or icmp or (ip6[6] == 58 and ip6[40] < 128) or ip6[6] == 44 or ip[6:2] & 0x3fff != 0 or udp port 4789)"


class Lab:
    def __init__(self, work, tls=None):
        self.work, self.tls, self.servers, self.clients, self.names = pathlib.Path(work), tls, [], [], {}
        self.recordings, self.besides = [], []  # those the truth is about, and what else was seen elsewhere
        self.host, self.cable = net.host, None
        self.keys = None  # where clients log their TLS secrets, when the scenario says KEYS
        if tls:
            self._certificates(tls)

    def unique(self, name):
        self.names[name] = self.names.get(name, 0) + 1
        return f"{name}{self.names[name]}"

    # --- certificates ---

    def _certificates(self, kind):
        """kind: good, rsa (good, with an RSA key), selfsigned, expired, future, othername; ca.pem is what clients trust."""
        d = self.work / "tls"
        d.mkdir()
        self.ca = d / "ca.pem"
        name = "elsewhere.example" if kind == "othername" else "mail.partner.example"
        day = datetime.timedelta(days=1)
        now = datetime.datetime.now(datetime.timezone.utc)
        first, last = {"expired": (now - 90 * day, now - 3 * day), "future": (now + 3 * day, now + 90 * day)}.get(
            kind, (now - 10 * day, now + 80 * day))
        stamp = "%Y%m%d%H%M%SZ"
        (d / "db").write_text(""), (d / "serial").write_text("4C4142\n")
        (d / "ca.cnf").write_text(f"""[ca]
default_ca = lab
[lab]
dir = {d}
database = {d}/db
serial = {d}/serial
new_certs_dir = {d}
policy = any
unique_subject = no
default_md = sha256
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:{name}
basicConstraints = CA:FALSE
""")
        key = "openssl genrsa -out" if kind == "rsa" else "openssl ecparam -name prime256v1 -genkey -noout -out"
        net.sh(f"cd {d}; {key} ca.key; {key} key.pem; chmod 644 key.pem; "
               f"openssl req -x509 -new -key ca.key -subj '/CN=Laboratory CA' -days 300 -out ca.pem; "
               f"openssl req -new -key key.pem -subj /CN={name} -out leaf.csr; "
               f"openssl ca -batch -config ca.cnf -in leaf.csr -out cert.pem -notext -cert ca.pem -keyfile ca.key "
               f"-startdate {first:{stamp}} -enddate {last:{stamp}}")
        if kind == "selfsigned":
            net.sh(f"cd {d}; openssl req -x509 -new -key key.pem -subj /CN={name} -addext subjectAltName=DNS:{name} "
                   f"-days 80 -out cert.pem")

    def tls_files(self, root, flavour="postfix"):
        """Copies key and certificate into a program's root; the configuration that names them."""
        if not self.tls:
            return "tls_advertise_hosts =\n" if flavour == "exim" else ""
        for name in ("key.pem", "cert.pem", "ca.pem"):
            root.write(f"/etc/lab/{name}", (self.work / "tls" / name).read_text())
        if flavour == "opensmtpd":
            (pathlib.Path(f"{root.path}/etc/lab/key.pem")).chmod(0o600)
        return {"postfix": "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/lab/cert.pem\n"
                           "smtpd_tls_key_file = /etc/lab/key.pem\nsmtp_tls_CAfile = /etc/lab/ca.pem\n",
                "exim": "tls_advertise_hosts = *\ntls_certificate = /etc/lab/cert.pem\ntls_privatekey = /etc/lab/key.pem\n",
                "opensmtpd": "pki lab cert \"/etc/lab/cert.pem\"\npki lab key \"/etc/lab/key.pem\"\n"}[flavour]

    # --- servers ---

    def _keep(self, server):
        self.servers.append(server)
        return server

    def postfix(self, main="", **more):
        return self._keep(Postfix(self, main, **more))

    def exim(self, main="", **more):
        return self._keep(Exim(self, main, **more))

    def opensmtpd(self, **more):
        return self._keep(OpenSmtpd(self, **more))

    def sendmail(self, mc="", **more):
        return self._keep(Sendmail(self, mc, **more))

    def gnutls_serv(self, *args, port=465):
        return self._keep(GnutlsServ(self, args, port))

    def aiosmtpd(self, **more):
        return self._keep(Aiosmtpd(self, **more))

    def scripted(self, answer, **more):
        return self._keep(Scripted(answer, **more))

    def middlebox(self, change, port=25, behind="198.51.100.26"):
        """A proxy at the server's usual address that hands on to the one behind; change(data, side) is what it does to the bytes."""
        import socket

        def pump(source, target, side):
            try:
                while data := source.recv(65536):
                    target.sendall(change(data, side))
                target.shutdown(socket.SHUT_WR)
            except OSError:
                target.close()

        def serve():
            while True:
                client, _ = listener.accept()
                with net.host("server"):
                    server = socket.create_connection((behind, port), source_address=(net.SERVER, 0))
                for ends in ((client, server, "client"), (server, client, "server")):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

        with net.host("server"):
            listener = socket.create_server((net.SERVER, port))
        threading.Thread(target=serve, daemon=True).start()

    # --- clients: mail programs that queue, given mail on 127.0.0.1:25 of the client host ---

    def mta(self, kind, to=net.SERVER, main="", **more):
        client = self._mta(kind, to, main, **more)
        self.clients.append(client)
        return client

    def _mta(self, kind, to, main, **more):
        if kind == "postfix":
            return Postfix(self, f"relayhost = [{to}]\ndefault_transport = smtp\nrelay_domains =\nsmtp_helo_name = client.example\n" + main,
                           where="client", name="client.example", **more)
        if kind == "exim":
            return Exim(self, main, where="client", name="client.example", relay_to=to, **more)
        return OpenSmtpd(self, where="client", name="client.example", relay_to=to, **more)

    def inject(self, **what):
        """Gives a message to the mail program on the client host."""
        return self.deliver("127.0.0.1", **what)

    # --- clients: one delivery ---

    def message(self, size=400, subject="laboratory", sender="alice@client.example", to="bob@partner.example", body=None, headers=""):
        stamp = f"{time.time_ns():x}"
        text = (f"From: Alice <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n"
                f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{stamp}@client.example>\r\n{headers}\r\n")
        return (text + (body if body is not None else LINE * max(1, (size - len(text)) // len(LINE)))).encode()

    def deliver(self, to=net.SERVER, port=25, sender="alice@client.example", rcpt=("bob@partner.example",), size=400, count=1,
                timeout=60, starttls=False, implicit=False, login=None, message=None, options=(), version=None, source=None,
                verify=True, quit=True, hello="client.example"):
        """Python's smtplib delivers. Returns None, or the exception that ended it."""
        context = None
        if starttls or implicit:
            context = ssl.create_default_context(cafile=str(self.ca)) if verify else ssl._create_unverified_context()
            context.check_hostname = False
            if self.keys:
                context.keylog_filename = str(self.keys)
            if version:
                context.maximum_version = context.minimum_version = version
        with net.host("client"):
            try:
                where = {"timeout": timeout, "local_hostname": hello, "source_address": (source, 0) if source else None}
                server = smtplib.SMTP_SSL(to, port, context=context, **where) if implicit else smtplib.SMTP(to, port, **where)
                if starttls:
                    server.starttls(context=context)
                if login:
                    server.login(*login)
                for _ in range(count):
                    server.sendmail(sender, list(rcpt), message or self.message(size), mail_options=list(options))
                if quit:
                    server.quit()
            except (OSError, smtplib.SMTPException) as failure:
                return failure
        return None

    def run_client(self, *command, timeout=120, root=None, **more):
        with net.host("client"):
            chroot = ["chroot", str(root.path)] if root else []
            try:
                secrets = {"env": {**os.environ, "SSLKEYLOGFILE": str(self.keys)}} if self.keys and not root else {}
                return subprocess.run([*chroot, *command], capture_output=True, timeout=timeout, **secrets, **more)
            except subprocess.TimeoutExpired as late:
                return late

    def start_client(self, *command):
        with net.host("client"):
            return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def swaks(self, *args, to=net.SERVER, rcpt="bob@partner.example", timeout=60):
        return self.run_client("swaks", "--server", to, "--helo", "client.example", "--from", "alice@client.example", "--to", rcpt,
                               "--header", "X-Mailer: swaks", "--timeout", str(timeout), *args)

    def curl(self, *args, url=f"smtp://{net.SERVER}:25", size=400, rcpt="bob@partner.example", timeout=60):
        return self.run_client("curl", "-sS", "--max-time", str(timeout), url.replace("://", "://", 1) + "/client.example", "--mail-from",
                               "alice@client.example", "--mail-rcpt", rcpt, "-T", "-", *args, input=self.message(size))

    def msmtp(self, *args, to=net.SERVER, port=25, rcpt="bob@partner.example", size=400):
        root = Root(self.work, self.unique("msmtp"), ["msmtp"], "client")
        if self.tls:
            root.write("/etc/lab/ca.pem", self.ca.read_text())
        return self.run_client("msmtp", f"--host={to}", f"--port={port}", "--domain=client.example", "--from=alice@client.example",
                               *args, rcpt, root=root, input=self.message(size))

    def gnutls_cli(self, *args, to=net.SERVER, port=25, talk=b"", seconds=15):
        root = Root(self.work, self.unique("gnutls"), ["gnutls"], "client")
        root.write("/etc/lab/ca.pem", self.ca.read_text())
        return self.run_client("gnutls-cli", "--port", str(port), *args, to, root=root, input=talk, timeout=seconds)

    def s_client(self, *args, to=net.SERVER, port=25, talk=b"QUIT\r\n", seconds=20):
        secrets = ["-keylogfile", str(self.keys)] if self.keys else []
        return self.run_client("openssl", "s_client", "-connect", f"{to}:{port}", "-CAfile", str(self.ca), "-crlf", "-quiet", *secrets, *args,
                               input=talk, timeout=seconds)

    def connect(self, to=net.SERVER, port=25, timeout=30, source=None, where="client"):
        """A scripted client: a Peer (send, line, reply, ask, fin, rst)."""
        import socket
        with net.host(where):
            sock = socket.create_connection((to, port), timeout=timeout, source_address=(source, 0) if source else None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Peer(sock)

    def talk(self, *steps, end="quit", to=net.SERVER, port=25, source=None, greeting=True):
        """A scripted client. A step is a line (sent, its reply awaited), bytes (sent as they are), a number (seconds
        of silence) or None (await a reply). end: quit, fin, rst, or "" for the server to end it. Returns the last reply."""
        client, reply = self.connect(to, port, source=source), None
        if greeting:
            reply = client.reply()
        try:
            for step in steps:
                if isinstance(step, str):
                    reply = client.ask(step)
                elif isinstance(step, bytes):
                    client.send(step)
                elif step is None:
                    reply = client.reply()
                else:
                    time.sleep(step)
            if end == "quit":
                client.ask("QUIT")
            if end in ("quit", "fin"):
                client.fin()
            if end == "rst":
                client.rst()
            else:
                client.drain(10 if end else 90)
        except OSError:
            pass
        client.close()
        return reply

    # --- faults and time ---

    def nft(self, where, rules):
        net.nft(where, rules)

    def forget(self, where):
        net.forget(where)

    def stateful(self, idle, answer="drop"):
        """The router becomes a firewall that follows connections (conntrack), picks none up midway, and forgets one that
        is idle for so many seconds; what belongs to none is dropped, or answered (`reject with tcp reset`)."""
        net.nft("router", "chain f { type filter hook forward priority 0; ct state new tcp flags & (fin | syn | rst | ack) == syn accept; "
                f"ct state established,related accept; meta l4proto tcp {answer}; }}")
        net.sh(f"sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 net.netfilter.nf_conntrack_tcp_timeout_established={idle}")

    def forget_connections(self):
        """The router forgets all connections at once: what `conntrack -F` does."""
        net.flush_connections()

    def sh(self, where, command):
        with net.host(where):
            return net.sh(command)

    def link(self, **options):
        """Puts the user-space link (link.py) between router and server, or changes what it does."""
        if "tap" in options:
            options["tap"] = str(self.work / f"{options['tap']}.pcap")
        if not self.cable:
            program = pathlib.Path(__file__).with_name("link.py")
            self.cable = subprocess.Popen([sys.executable, str(program), json.dumps(options)], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, text=True, bufsize=1)
            assert self.cable.stdout.readline() == "ready\n"
            net.sh("ip link set wan0 up; ip link set wan1 up; "
                   "for f in -4 -6; do ip $f rule add iif to-client lookup 10; ip $f route add default dev wan0 table 10; "
                   "ip $f rule add iif to-server lookup 20; ip $f route add default dev wan1 table 20; done")
        else:
            self.cable.stdin.write(json.dumps(options) + "\n")
            self.cable.stdin.flush()
            assert self.cable.stdout.readline() == "ok\n"

    def at_once(self, *actions):
        """Runs functions in parallel, each in a thread; waits for all."""
        threads = [threading.Thread(target=a) for a in actions]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def seen(self, octets, seconds=60):
        """Waits until the first recording holds these bytes in clear."""
        wait_for(f"{octets!r} on the wire", lambda: octets in self.recordings[0][1].read_bytes(), seconds)

    sleep = staticmethod(time.sleep)
    wait_for = staticmethod(wait_for)

    # --- recording ---

    def record(self, name, where="client", device="eth0", filter="", snap=0, besides=False):
        """Begins a recording; all of them end with the scenario. besides: stop_recording() within play() does not end it."""
        expression = EVERYTHING + (f" and ({filter})" if filter else "")
        path = self.work / f"{name}.pcap"
        with net.host(where):
            process = subprocess.Popen(["tcpdump", "-i", device, "-s", str(snap), "-U", "--immediate-mode", "-B", "32768", "-w", str(path), expression],
                                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in process.stderr:
            if b"listening on" in line:
                break
        threading.Thread(target=process.stderr.read, daemon=True).start()
        (self.besides if besides else self.recordings).append((process, path))
        return path

    def stop_recording(self, everything=False):
        time.sleep(0.4)
        for process, _ in self.recordings + self.besides * everything:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(10)

    def outcomes(self):
        """All servers' logs together, by client address."""
        merged = {}
        for server in self.servers:
            merged.update(server.outcomes())
        return merged

    def dialogues(self):
        """Their lines, by client address."""
        return {client: lines for server in self.servers for client, lines in server.dialogues().items()}

    def logs(self):
        return {(s.root.name if s.root else f"scripted{n}"): s.log() for n, s in enumerate(self.servers)}

    def client_logs(self):
        return {s.root.name: s.log() for s in self.clients}
