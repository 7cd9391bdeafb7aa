#!/usr/bin/env python3
"""record - sessions of mail inside TLS, with the key logs that open them, and what was really said.

usage: record.py DIRECTORY            new captures, key logs and HEARD.json
       record.py --plain DIRECTORY    the same dialogues without TLS

Two ends of Python's ssl (OpenSSL) talk through memory; nothing is recorded from a network. What they send is put into
packets by tests/support/craft.py. The certificate is made for the occasion; addresses and names are those reserved for
documentation. Keys and randoms are new at each run, so the files are too: what is checked is HEARD.json, in which each
end says what it received (but where packets are missing), and the same dialogue without TLS.
"""
import datetime
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "support"))
from craft import C, S, Net, content, other  # noqa: E402

SECRET = "AGFubgBjb3JyZWN0LWhvcnNl"  # "\0ann\0correct-horse"
GREETING, EHLO = [(S, "220 mx.example ESMTP")], [
    (C, "EHLO client.example"), (S, "250-mx.example\n250-PIPELINING\n250-AUTH PLAIN\n250 SIZE 52428800")]
AUTH = [(C, f"AUTH PLAIN {SECRET}"), (S, "235 2.7.0 Authentication successful")]
ENVELOPE = [(C, "MAIL FROM:<ann@client.example>\nRCPT TO:<bob@mx.example>\nDATA"),
            (S, "250 2.1.0 Ok\n250 2.1.5 Ok\n354 End data with <CR><LF>.<CR><LF>")]
ACCEPTED = [(S, "250 2.0.0 Ok: queued as 4ABC12D3E4")]
QUIT = [(C, "QUIT"), (S, "221 2.0.0 Bye")]


def mail(size=600):
    return ENVELOPE + [(C, content(size).decode("latin-1") + ".\r\n")] + ACCEPTED


def refusal():
    return [(C, "MAIL FROM:<ann@client.example>"), (S, "250 2.1.0 Ok"), (C, "RCPT TO:<nobody@mx.example>"),
            (S, "550 5.1.1 <nobody@mx.example>: Recipient address rejected: User unknown")]


IMPLICIT = GREETING + EHLO
BEFORE_TLS = [(S, "220 mx.example ESMTP"), (C, "EHLO client.example"), (S, "250-mx.example\n250 STARTTLS"),
              (C, "STARTTLS"), (S, "220 2.0.0 Ready to start TLS")]


def octets(text):
    if text.endswith("\r\n"):
        return text.encode("latin-1")
    return ("\r\n".join(text.split("\n")) + "\r\n").encode("latin-1")


def certificate(directory):
    path = os.path.join(directory, "pair.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                    "-subj", "/CN=mx.example", "-addext", "subjectAltName=DNS:mx.example", "-keyout", path + ".key", "-out", path],
                   check=True, capture_output=True)
    with open(path, "a") as out, open(path + ".key") as key:
        out.write(key.read())
    return path


class Ends:
    """Both ends of one TLS connection; what each writes is what the other gets."""

    def __init__(self, contexts, session=None):
        self.bio = {side: (ssl.MemoryBIO(), ssl.MemoryBIO()) for side in (C, S)}
        self.end = {side: contexts[side].wrap_bio(*self.bio[side], server_side=side == S,
                                                  server_hostname="mx.example" if side == C else None,
                                                  session=session if side == C else None) for side in (C, S)}

    def sent(self, side):
        """What this side has put out, which the other is given."""
        data = self.bio[side][1].read()
        self.bio[other(side)][0].write(data)
        return data

    def handshake(self):
        done = set()
        while len(done) < 2:
            for side in (C, S):
                try:
                    self.end[side].do_handshake()
                    done.add(side)
                except ssl.SSLWantReadError:
                    pass
                data = self.sent(side)
                if data:
                    yield side, data

    def write(self, side, data):
        self.end[side].write(data)
        return self.sent(side)

    def received(self, side):
        data = b""
        while True:
            try:
                piece = self.end[side].read(65536)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                return data
            if not piece:
                return data
            data += piece

    def goodbye(self, side):
        try:
            self.end[side].unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.sent(side)


def context(side, pair, keys, version, ciphers, etm):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == S else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = made.maximum_version = version
    made.set_ciphers(ciphers + ":@SECLEVEL=0")
    if not etm:
        made.options |= 1 << 19  # SSL_OP_NO_ENCRYPT_THEN_MAC
    if side == S:
        made.load_cert_chain(pair)
    else:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        if keys:
            made.keylog_filename = keys
    return made


def net():
    """A day after the certificate was made, so that it is valid."""
    day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    return Net(start=day.strftime("%Y-%m-%dT14:00:00Z"))


class Recorder:
    def __init__(self, directory, pair):
        self.directory, self.pair, self.truth = directory, pair, {}
        os.makedirs(directory, exist_ok=True)

    def contexts(self, name, version, ciphers, etm=True):
        keys = os.path.join(self.directory, name + ".keys")
        if os.path.exists(keys):
            os.unlink(keys)
        return {side: context(side, self.pair, keys, version, ciphers, etm) for side in (C, S)}

    def plain(self, net, inside, starttls=False, port=465, size=None, at=0.0, how=None, **_):
        c = net.tcp("192.0.2.10", "198.51.100.25", dport=port, at=at).open()
        for side, text in BEFORE_TLS[:-2] if starttls else ():
            c.say(side, octets(text), ack=False)
        for step, (side, text) in enumerate(inside):
            put(c, side, octets(text), size, **(how or {}).get(step, {}))
        c.close(C)

    def session(self, net, contexts, inside, starttls=False, port=465, session=None, size=None, at=0.0, how=None, goodbye=True,
                records=None):
        """One connection. how: step number inside -> keywords of craft's say; records: most octets in one record."""
        said = {C: b"", S: b""}
        c = net.tcp("192.0.2.10", "198.51.100.25", dport=port, at=at).open()
        for side, text in BEFORE_TLS if starttls else ():
            c.say(side, octets(text), ack=False)
        ends = Ends(contexts, session)
        for side, data in ends.handshake():
            c.say(side, data, size=size)
        for step, (side, text) in enumerate(inside):
            whole, more, sealed = octets(text), dict((how or {}).get(step, {})), b""
            for cut in range(0, len(whole), records or 16384):
                sealed += ends.write(side, whole[cut:cut + (records or 16384)])
            said[side] += ends.received(other(side))
            put(c, side, sealed, size, **more)
        last = ends.end[C].session
        if goodbye:
            c.say(C, ends.goodbye(C), size=size)
            ends.received(S)
            c.say(S, ends.goodbye(S), size=size)
        c.close(C)
        return said, last

    def live(self, name, version, ciphers, inside, options=(), curve=None):
        """A side None in the script: a letter for s_client. curve: the only one the server knows."""
        spoken = [(side, text) for side, text in inside if side]
        if not self.pair:
            return self.record(name, version, ciphers, spoken)
        keys = os.path.join(self.directory, name + ".keys")
        server = context(S, self.pair, None, version, ciphers, True)
        server.options |= 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION
        if curve:
            server.set_ecdh_curve(curve)
        live = Live(server, ["-keylogfile", keys, "-servername", "mx.example", "-tls1_3" if version == V13 else "-tls1_2", *options])
        for side, text in inside:
            live.say(side or C, text)
        live.end()
        replies = "".join(octets(text).decode("latin-1") for side, text in spoken if side == S)
        self.write_live(name, keys, live, [{"client": live.heard.decode("latin-1"), "server": replies}])

    def write_live(self, name, keys, live, sessions):
        tls = net()
        c = tls.tcp("192.0.2.10", "198.51.100.25", dport=465).open()
        for side, data in live.tape:
            c.say(side, data)
        c.close(C)
        with open(keys) as log:  # without its comment, which tells a version
            lines = [line for line in log if line[0] != "#"]
        with open(keys, "w") as log:
            log.writelines(lines)
        self.write(name, tls, 1, sessions)

    def early(self, name):
        """The first command comes as early data, whose keys nobody uses; the others behind the handshake."""
        inside = [(C, "mail from:<ann@client.example>"), (S, "250 2.1.0 Ok"), (C, "quit"), QUIT[1]]
        if not self.pair:
            return self.record(name, V13, "", inside)
        keys, ticket, early = [os.path.join(self.directory, name + end) for end in (".keys", ".ticket", ".early")]
        with open(early, "w") as out:
            out.write("ehlo early.example\r\n")
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        server = subprocess.Popen(["openssl", "s_server", "-accept", str(port), "-cert", self.pair, "-early_data", "-tls1_3", "-quiet"],
                                  stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        first = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-sess_out", ticket], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)  # the ticket comes behind the handshake
        first.communicate(b"Q\n")
        live = Live(server, ["-keylogfile", keys, "-servername", "mx.example", "-tls1_3", "-sess_in", ticket, "-early_data", early], port)
        for side, text in [GREETING[0], EHLO[1]] + inside:
            live.say(side, text)
        live.end()
        server.terminate()
        server.wait()
        os.unlink(ticket)
        os.unlink(early)
        self.write_live(name, keys, live, [{}])

    def alert(self, name, version):
        """The server wants a certificate, the client has none: an alert inside the protection, and no dialogue."""
        if not self.pair:
            return
        contexts, tls = self.contexts(name, version, "DEFAULT"), net()
        contexts[S].verify_mode = ssl.CERT_REQUIRED
        contexts[S].load_verify_locations(self.pair)
        c = tls.tcp("192.0.2.10", "198.51.100.25", dport=465).open()
        ends = Ends(contexts)
        for side in (C, S) * 3:
            try:
                ends.end[side].do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLError):
                pass
            data = ends.sent(side)
            if data:
                c.say(side, data)
        c.close(S)
        self.write(name, tls, 1, [{}])

    def record(self, name, version, ciphers, inside, etm=True, count=1, resume=False, **more):
        tls, session, sessions = net(), None, []
        if not self.pair:
            for n in range(count):
                self.plain(tls, inside, at=n * 10.0, **more)
            tls.write(os.path.join(self.directory, name + ".pcap"))
            return
        contexts = self.contexts(name, version, ciphers, etm)
        for n in range(count):
            said, last = self.session(tls, contexts, inside, session=session, at=n * 10.0, **more)
            session = last if resume else None
            sessions.append({"client": said[C].decode("latin-1"), "server": said[S].decode("latin-1")})
        self.write(name, tls, count, sessions)

    def write(self, name, tls, count, sessions):
        tls.write(os.path.join(self.directory, name + ".pcap"))
        self.truth[name] = {"sessions": [{}] * count if "hole" in name else sessions, "secret": SECRET}


class Live:
    """openssl s_client against a scripted server, over loopback sockets and a relay that notes what passes: what Python's ssl
    cannot ask for, new keys (K) and a new handshake (R) in the middle of a session."""

    def __init__(self, server, options, port=None):
        """server: a context; or, with its port, a process of openssl s_server."""
        self.tape, self.heard, self.lock, self.server = [], b"", threading.Lock(), server
        self.outer = socket.create_server(("127.0.0.1", 0))
        self.to = ("127.0.0.1", port)
        if not port:
            self.inner = socket.create_server(("127.0.0.1", 0))
            self.to = self.inner.getsockname()
            threading.Thread(target=self.serve, args=(server,), daemon=True).start()
        threading.Thread(target=self.relay, daemon=True).start()
        self.client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.outer.getsockname()[1]}", "-crlf", *options],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.settle()

    def serve(self, server):
        self.server = server.wrap_socket(self.inner.accept()[0], server_side=True)
        try:
            while True:
                data = self.server.recv(65536)
                if not data:
                    break
                self.heard += data
        except OSError:
            pass
        self.server.close()

    def relay(self):
        ends = {C: self.outer.accept()[0], S: socket.create_connection(self.to)}
        for side in ends:
            threading.Thread(target=self.carry, args=(side, ends), daemon=True).start()

    def carry(self, side, ends):
        while True:
            data = ends[side].recv(65536)
            if not data:
                ends[other(side)].shutdown(socket.SHUT_WR)
                return
            with self.lock:
                self.tape.append((side, data))
            ends[other(side)].sendall(data)

    def settle(self):
        before = -1
        while before != len(self.tape):
            before = len(self.tape)
            time.sleep(0.3)

    def say(self, side, text):
        if side == S and isinstance(self.server, subprocess.Popen):
            self.server.stdin.write(octets(text))
            self.server.stdin.flush()
        elif side == S:
            self.server.sendall(octets(text))
        else:
            for line in text.split("\n"):  # one read each, or s_client takes no letter for a command
                self.client.stdin.write((line + "\n").encode())
                self.client.stdin.flush()
                self.settle()
        self.settle()

    def end(self):
        self.client.stdin.close()
        self.settle()
        self.client.wait()


def put(c, side, data, size, lose=None, twice=None, swap=None, ack=False):
    """Segments of one step. lose, twice: indexes of segments that the capture lacks, or that are sent again."""
    size = size or c.mss
    parts = [data[at:at + size] for at in range(0, len(data), size)]
    for index, part in enumerate(parts):
        c.say(side, part, ack=False, unseen=index in (lose or ()))
        if index in (twice or ()):
            c.seg(side, part, seq=c.next[side] - len(part), stay=True, dt=0.3)
    if lose or twice or ack:
        c.seg(other(side))


SUITES_12 = {
    "tls12-aes128-gcm": "ECDHE-ECDSA-AES128-GCM-SHA256", "tls12-aes256-gcm": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "tls12-aes128-ccm": "ECDHE-ECDSA-AES128-CCM", "tls12-aes256-ccm8": "ECDHE-ECDSA-AES256-CCM8",
    "tls12-chacha20": "ECDHE-ECDSA-CHACHA20-POLY1305", "tls12-cbc-sha1": "ECDHE-ECDSA-AES128-SHA",
    "tls12-cbc-sha256": "ECDHE-ECDSA-AES128-SHA256", "tls12-cbc-sha384": "ECDHE-ECDSA-AES256-SHA384",
    "tls12-camellia": "ECDHE-ECDSA-CAMELLIA128-SHA256",
}
SUITES_13 = {"tls13-aes128-gcm": "TLS_AES_128_GCM_SHA256", "tls13-aes256-gcm": "TLS_AES_256_GCM_SHA384",
             "tls13-chacha20": "TLS_CHACHA20_POLY1305_SHA256", "tls13-aes128-ccm": "TLS_AES_128_CCM_SHA256",
             "tls13-aes128-ccm8": "TLS_AES_128_CCM_8_SHA256"}


def record_12(r):
    for name, suite in SUITES_12.items():
        r.record(name, V12, suite, IMPLICIT + AUTH + mail() + QUIT)
        if "cbc" in name:
            r.record(name + "-mac-first", V12, suite, IMPLICIT + AUTH + mail() + QUIT, etm=False)
    gcm = SUITES_12["tls12-aes128-gcm"]
    r.record("tls12-starttls", V12, gcm, EHLO + mail() + QUIT, starttls=True, port=25)
    r.record("tls12-resumed", V12, gcm, IMPLICIT + mail() + QUIT, count=2, resume=True)
    r.record("tls12-split", V12, gcm, IMPLICIT + mail(1500) + QUIT, size=7)
    r.record("tls12-small-records", V12, gcm, IMPLICIT + mail(3000) + QUIT, records=11)
    r.record("tls12-sent-again", V12, gcm, IMPLICIT + mail(5000) + QUIT, how={5: {"twice": [1]}})
    r.record("tls12-hole", V12, gcm, IMPLICIT + mail(40000) + QUIT, how={5: {"lose": [5]}})
    r.record("tls12-hole-records", V12, gcm, IMPLICIT + mail(20000) + QUIT, records=500, how={5: {"lose": [5]}})
    r.live("tls12-new-handshake", V12, gcm, turn("R"))
    r.record("tls12-refused", V12, gcm, EHLO + refusal() + QUIT, starttls=True, port=587)


def turn(letter):
    """In lower case, so that s_client takes no line for a command, and with a turn of keys in the dialogue and in the message."""
    lines = content(300).decode("latin-1").replace("\r\n", "\n").strip("\n").lower().split("\n")
    script = GREETING + [(C, "ehlo client.example"), EHLO[1], (None, letter), (C, "mail from:<ann@client.example>"), (S, "250 2.1.0 Ok"),
                       (C, "rcpt to:<bob@mx.example>"), (S, "250 2.1.5 Ok"), (None, letter), (C, "DATA"), (S, "354 Go on"),
                       (C, lines[0]), (C, lines[1]), (None, letter), (C, "\n".join(lines[2:] + ["."]))] + ACCEPTED + [
                           (C, "quit"), QUIT[1]]
    return [step for step in script if step[0] or letter]


def record_13(r, name):
    suite = "DEFAULT"
    if name != "tls13-aes256-gcm":
        r.record(name, V13, suite, IMPLICIT + AUTH + mail() + QUIT)
        return
    r.record(name, V13, suite, IMPLICIT + AUTH + mail() + QUIT)
    r.live("tls13-new-keys", V13, suite, turn("K"))
    r.alert("tls13-alert", V13)
    r.early("tls13-early-data")
    r.live("tls13-padded", V13, suite, turn(None), ["-record_padding", "100"])
    r.live("tls13-retry", V13, suite, turn(None), ["-groups", "X25519:P-256"], "prime256v1")
    r.record("tls13-starttls", V13, suite, EHLO + mail() + QUIT, starttls=True, port=587)
    r.record("tls13-resumed", V13, suite, IMPLICIT + mail() + QUIT, count=2, resume=True)
    r.record("tls13-split", V13, suite, IMPLICIT + mail(1500) + QUIT, size=7)
    r.record("tls13-hole", V13, suite, IMPLICIT + mail(40000) + QUIT, how={5: {"lose": [5]}})
    r.record("tls13-hole-replies", V13, suite, IMPLICIT + mail() + mail() + QUIT, how={8: {"lose": [0]}})
    r.record("tls13-refused", V13, suite, EHLO + refusal() + QUIT, starttls=True, port=25)
    r.record("tls13-no-goodbye", V13, suite, IMPLICIT + mail(), goodbye=False)


def main():
    directory = sys.argv[1]
    if directory == "--plain":
        r = Recorder(sys.argv[2], None)
        record_12(r)
        for name in SUITES_13:
            record_13(r, name)
        return
    if len(sys.argv) == 4:  # in a process of its own, whose OpenSSL was told the suite
        r = Recorder(directory, sys.argv[2])
        record_13(r, sys.argv[3])
        print(json.dumps(r.truth))
        return
    with tempfile.TemporaryDirectory() as work:
        pair = certificate(work)
        r = Recorder(directory, pair)
        record_12(r)
        for name, suite in SUITES_13.items():
            config = os.path.join(work, "openssl.cnf")
            with open(config, "w") as out:
                out.write(f"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCiphersuites = {suite}\n"
                          "CipherString = DEFAULT@SECLEVEL=0\n")
            told = subprocess.run([sys.executable, __file__, directory, pair, name], check=True, stdout=subprocess.PIPE,
                                  env=dict(os.environ, OPENSSL_CONF=config)).stdout
            r.truth.update(json.loads(told))
    with open(os.path.join(directory, "HEARD.json"), "w") as out:
        json.dump(r.truth, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
