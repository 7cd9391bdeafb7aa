#!/usr/bin/env python3
"""Traffic made to exhaust the reader: memory stays bounded, limits are told, and it ends.

usage: adversary.py WIRETALE [--only TEXT] [--long] [--memory MIB]

Each case streams a capture to the program's standard input and looks at its peak memory, its exit status and its
report. The short variants take seconds; --long makes them as large as their names say (minutes).
"""
import argparse
import json
import os
import re
import resource
import struct
import subprocess
import sys
import threading

ATTACKS = []
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def attack(name, short, long, *limits):
    """short, long: how often; short 0: only with --long. limits: these must be counted in the capture's totals, and those
    of sessions must be told in one."""
    def register(make):
        ATTACKS.append((name, short, long, limits, make))
        return make
    return register


def ip4(src, dst, payload, proto=6, ident=1, fragment=0):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), ident & 0xFFFF, fragment, 64, proto, 0, src, dst) + payload


def tcp(sport, dport, seq, ack, flags, data=b""):
    return struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 64240, 0, 0) + data


class Wire:
    """Packets of a raw-IP capture, written as they are made."""

    def __init__(self, out):
        self.out, self.time, self.parts, self.size = out, 1700000000 * 1000000, [], 0
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))

    def put(self, packet, us=10):
        self.time += us
        self.parts.append(struct.pack("<IIII", self.time // 1000000, self.time % 1000000, len(packet), len(packet)) + packet)
        self.size += len(packet)
        if self.size > 1 << 20:
            self.flush()

    def flush(self):
        self.out.write(b"".join(self.parts))
        self.parts, self.size = [], 0


class Talk:
    """One connection to port 25."""

    def __init__(self, wire, client=0xC0000201, sport=40000, dport=25, server=0xC6336419):
        self.w, self.c, self.s, self.sport, self.dport = wire, client, server, sport, dport
        self.seq = {"c": 1000, "s": 5000}

    def send(self, side, data=b"", flags=ACK, seq=None, stay=False):
        other = "s" if side == "c" else "c"
        at = self.seq[side] if seq is None else seq
        ends = (self.c, self.s, self.sport, self.dport) if side == "c" else (self.s, self.c, self.dport, self.sport)
        self.w.put(ip4(ends[0], ends[1], tcp(ends[2], ends[3], at, self.seq[other], flags, data)))
        if not stay:
            self.seq[side] = (self.seq[side] + len(data) + (1 if flags & (SYN | FIN) else 0)) & 0xFFFFFFFF

    def open(self):
        self.send("c", flags=SYN)
        self.send("s", flags=SYN | ACK)
        self.send("c")
        return self

    def hello(self):
        self.send("s", b"220 mx.example.com ESMTP\r\n")
        self.send("c", b"EHLO client.example.org\r\n")
        self.send("s", b"250-mx.example.com\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
        return self

    def mail(self):
        for line, reply in ((b"MAIL FROM:<a@example.org>\r\n", b"250 ok\r\n"), (b"RCPT TO:<b@example.com>\r\n", b"250 ok\r\n")):
            self.send("c", line)
            self.send("s", reply)
        return self


@attack("syn-flood", 200000, 1000000, "LIMIT_UNANSWERED")
def syn_flood(w, count):
    for i in range(count):
        w.put(ip4(0x0A000000 + i // 60000, 0xC6336419, tcp(1024 + i % 60000, 25, i, 0, SYN)))


@attack("half-open", 60000, 100000, "LIMIT_UNANSWERED")
def half_open(w, count):
    """A SYN, its answer, and nothing more."""
    for i in range(count):
        t = Talk(w, 0x0A000000 + i // 60000, 1024 + i % 60000)
        t.send("c", flags=SYN)
        t.send("s", flags=SYN | ACK)


@attack("endless-greetings", 20000, 40000)
def endless_greetings(w, count):
    """Handshakes, and a greeting that never ends."""
    for i in range(count):
        t = Talk(w, 0x0A000000 + i // 60000, 1024 + i % 60000).open()
        t.send("s", b"220-mx.example.com\r\n220-")


@attack("spoofed-peers", 12000, 1000000, "LIMIT_PEERS", "LIMIT_FINDING_GROUPS", "LIMIT_WATCHED")
def spoofed_peers(w, count):
    """Each session between two addresses nobody saw before; it is refused, so that there is something to tell of each."""
    for i in range(count):
        t = Talk(w, 0x0A000000 + i, server=0x64400000 + i).open()
        t.send("s", b"554 5.7.1 no\r\n")
        t.send("s", flags=RST | ACK)


REAL = {"before": (0xCB007119, "203.0.113.25"), "behind": (0xCB00711A, "203.0.113.26")}


def failing(w, server, client):
    """A server that puts off every mail of one client: 25 sessions."""
    for i in range(25):
        t = Talk(w, client, 30000 + i, server=server).open().hello().mail()
        t.send("c", b"DATA\r\n")
        t.send("s", b"354 go on\r\n")
        t.send("c", b"Subject: x\r\n\r\nx\r\n.\r\n")
        t.send("s", b"451 4.3.0 queue file write error\r\n")
        t.send("c", b"QUIT\r\n")
        t.send("s", b"221 bye\r\n")
        t.send("s", flags=FIN | ACK)
        t.send("c", flags=FIN | ACK)
        t.send("s")


@attack("flood-around-real", 12000, 1000000, "LIMIT_PEERS", "LIMIT_FINDING_GROUPS", "LIMIT_WATCHED")
def flood_around_real(w, count):
    """A server that fails, a flood of new peers, another server that fails: both must be told, whatever came between.
    Every tenth of the flood only sends a SYN, every third accepts a connection and says nothing."""
    failing(w, REAL["before"][0], 0xC0000201)
    for i in range(count):
        t = Talk(w, 0x0A000000 + i, server=0x64400000 + i)
        if i % 10 == 0:
            t.send("c", flags=SYN)
            continue
        t.open()
        if i % 3:
            t.send("s", b"554 5.7.1 no\r\n")
        t.send("s", flags=RST | ACK)
    failing(w, REAL["behind"][0], 0xC0000202)


@attack("half-open-elsewhere", 60000, 100000, "LIMIT_UNANSWERED|LIMIT_SESSION_BYTES_ALL")
def half_open_elsewhere(w, count):
    """The same on another port: one byte that may begin a greeting."""
    for i in range(count):
        t = Talk(w, 0x0A000000 + i // 60000, 1024 + i % 60000, 2525).open()
        t.send("s", b"2")


@attack("not-smtp", 5000, 50000)
def not_smtp(w, count):
    """Each of them is asked about."""
    for i in range(count):
        t = Talk(w, 0x0A000000 + i // 60000, 1024 + i % 60000).open()
        t.send("s", b"SSH-2.0-OpenSSH_9.2\r\n")
        t.send("c", b"SSH-2.0-x\r\n")
        t.send("c", flags=FIN | ACK)
        t.send("s", flags=FIN | ACK)
        t.send("c")


@attack("out-of-order", 60000, 1000000, "LIMIT_HELD_BYTES_ALL", "LIMIT_TRANSPORT_EVENTS")
def out_of_order(w, count):
    """Segments behind a hole that is never filled, in many connections."""
    talks = [Talk(w, sport=20000 + i).open().hello() for i in range(100)]
    for i in range(count):
        t = talks[i % 100]
        t.send("c", b"x" * 1400, seq=t.seq["c"] + 10 + (i // 100) * 2800, stay=True)


@attack("overlapping-garbage", 30000, 1000000, "LIMIT_TRANSPORT_EVENTS")
def overlapping(w, count):
    t = Talk(w).open().hello()
    x = 12345
    for _ in range(count):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        t.send("c" if x & 64 else "s", bytes([x & 0xFF]) * (1 + x % 700), seq=t.seq["c" if x & 64 else "s"] + (x >> 8) % 60000, stay=True)


@attack("fragments", 50000, 2000000, "LIMIT_FRAGMENT_DATAGRAMS")
def fragments(w, count):
    """First fragments whose rest never comes."""
    for i in range(count):
        w.put(ip4(0x0A000000 + i // 65536, 0xC6336419, bytes(1400), ident=i, fragment=0x2000 | (i % 5) * 175))


@attack("long-line", 64, 1024, "LIMIT_LINE")
def long_line(w, mebibytes):
    """One line of the client without an end."""
    t = Talk(w).open().hello()
    block = b"A" * 32768
    for i in range(mebibytes * 32):
        t.send("c", block)
        if i % 8 == 0:
            t.send("s")


@attack("long-reply", 64, 1024)
def long_reply(w, mebibytes):
    """A greeting that has ever more lines."""
    t = Talk(w).open()
    block = b"220-" + b"a" * 60 + b"\r\n"
    block *= 32768 // len(block)
    for i in range(mebibytes * 32):
        t.send("s", block)
        if i % 8 == 0:
            t.send("c")


@attack("huge-chunk", 64, 1024)
def huge_chunk(w, mebibytes):
    """BDAT of 2^63 octets, and one more."""
    t = Talk(w).open().hello().mail()
    t.send("c", b"BDAT 9223372036854775808\r\n")
    for i in range(mebibytes * 32):
        t.send("c", b"\r\n.\r\nMAIL FROM:<x>\r\n" * 1700)
        if i % 8 == 0:
            t.send("s")
    t = Talk(w, sport=40001).open().hello().mail()
    t.send("c", b"BDAT 18446744073709551616 LAST\r\nQUIT\r\n")
    t.send("s", b"501 no\r\n221 bye\r\n")


@attack("pipelined-rcpt", 100000, 1000000, "LIMIT_CHAPTER_EVENTS", "LIMIT_OUTSTANDING", "LIMIT_RECIPIENTS")
def pipelined(w, count):
    """Recipients without an answer."""
    t = Talk(w).open().hello()
    t.send("c", b"MAIL FROM:<a@example.org>\r\n")
    for i in range(0, count, 500):
        t.send("c", b"".join(b"RCPT TO:<u%07d@example.com>\r\n" % j for j in range(i, min(i + 500, count))))
        t.send("s")


@attack("endless-session", 100000, 1000000, "LIMIT_SESSION_EVENTS")
def endless(w, count):
    """NOOP and its answer, on and on."""
    t = Talk(w).open().hello()
    for i in range(count // 10):
        t.send("c", b"NOOP\r\n" * 10)
        t.send("s", b"250 ok\r\n" * 10)


@attack("tls-garbage", 20000, 400000)
def tls_garbage(w, count):
    """Records of handshake messages that never end, and of the greatest length there is."""
    t = Talk(w, dport=465).open()
    for i in range(count):
        t.send("cs"[i % 2], b"\x16\x03\x03\xff\xff\x0b\xff\xff\xff" + b"\x30\x82\xff\xff\x55\x1d\x11" * 190)


@attack("connections", 0, 1100000, "LIMIT_CONNECTIONS")
def connections(w, count):
    """SYNs to a port that is not mail's."""
    for i in range(count):
        w.put(ip4(0x0A000000 + i // 60000, 0xC6336419, tcp(1024 + i % 60000, 80, i, 0, SYN)))


@attack("idle-sessions", 60000, 120000)
def idle_sessions(w, count):
    """Clients that say hello and stay: no limit is reached."""
    sessions(w, count)


@attack("sessions", 0, 220000, "LIMIT_SESSIONS|LIMIT_SESSION_BYTES_ALL")
def sessions(w, count):
    """Clients that say hello and stay."""
    for i in range(count):
        t = Talk(w, 0x0A000000 + i // 60000, 1024 + i % 60000).open()
        t.send("s", b"220 mx ESMTP\r\n")
        t.send("c", b"EHLO c\r\n")


@attack("everything", 0, 1100000, "LIMIT_CONNECTIONS", "LIMIT_HELD_BYTES_ALL", "LIMIT_FRAGMENT_BYTES_ALL",
        "LIMIT_SESSIONS|LIMIT_SESSION_BYTES_ALL")
def everything(w, count):
    """All tables filled at once."""
    far_fragments(w, 3000)
    holes = [Talk(w, sport=20000 + i).open().hello() for i in range(100)]
    for i in range(60000):
        t = holes[i % 100]
        t.send("c", b"x" * 1400, seq=t.seq["c"] + 10 + (i // 100) * 2800, stay=True)
    sessions(w, 210000)
    for i in range(count):
        w.put(ip4(0x0A800000 + i // 60000, 0xC6336419, tcp(1024 + i % 60000, 80, i, 0, SYN)), us=1)
        if i % 10 == 0:
            w.put(ip4(0x0B000000 + i // 60000, 0xC6336419, tcp(1024 + i % 60000, 25, i, 0, SYN)), us=1)


@attack("one-wide-hole", 2000, 200000, "LIMIT_HELD_BYTES")
def wide_hole(w, count):
    """The largest segments there are, behind a hole."""
    t = Talk(w).open().hello()
    for i in range(count):
        t.send("c", b"x" * 60000, seq=t.seq["c"] + 10 + i * 60000, stay=True)


@attack("many-holes", 2000, 500000, "LIMIT_HELD_SEGMENTS")
def many_holes(w, count):
    """Every second octet."""
    t = Talk(w).open().hello()
    for i in range(count):
        t.send("c", b"x", seq=t.seq["c"] + 1 + i * 2, stay=True)


@attack("far-fragments", 3000, 200000, "LIMIT_FRAGMENT_BYTES_ALL")
def far_fragments(w, count):
    """The last fragments of the longest packets."""
    for i in range(count):
        w.put(ip4(0x0A000000 + i // 65536, 0xC6336419, bytes(1400), ident=i, fragment=0x2000 | 7900))


@attack("too-deep", 1000, 500000, "LIMIT_ENCAPSULATIONS")
def too_deep(w, count):
    """IP in IP in IP ..."""
    packet = ip4(0xC0000201, 0xC6336419, tcp(40000, 25, 1, 0, SYN))
    for _ in range(40):
        packet = ip4(0xC0000201, 0xC6336419, packet, proto=4)
    for _ in range(count):
        w.put(packet)


@attack("icmp-flood", 1000, 1000000, "LIMIT_ICMP_EVENTS")
def icmp_flood(w, count):
    """Errors about one connection, each of another router."""
    t = Talk(w).open().hello()
    quoted = ip4(t.c, t.s, tcp(t.sport, t.dport, t.seq["c"], t.seq["s"], ACK))
    for i in range(count):
        w.put(ip4(0x0A000000 + i, t.c, struct.pack(">BBHI", 3, 1, 0, 0) + quoted, proto=1), us=1000)


@attack("many-keywords", 1000, 100000, "LIMIT_KEYWORDS")
def many_keywords(w, count):
    t = Talk(w).open()
    t.send("s", b"220 mx.example.com ESMTP\r\n")
    t.send("c", b"EHLO client.example.org\r\n")
    for i in range(count):
        t.send("s", b"250-X%d\r\n" % i)
    t.send("s", b"250 HELP\r\n")


@attack("undecided-bytes", 4, 400, "LIMIT_KEPT_BYTES", "LIMIT_KEPT_PACKETS")
def undecided(w, count):
    """What a client sends behind DATA before it is answered: much of it, and in many pieces."""
    for i in range(count):
        for size, packets in ((1400, 60), (2, 1200)):
            t = Talk(w, sport=20000 + 2 * i + (size == 2)).open().hello().mail()
            t.send("c", b"DATA\r\n")
            for _ in range(packets):
                t.send("c", b"x" * (size - 2) + b"\r\n")


def tls_record(message):
    return b"".join(b"\x16\x03\x03" + struct.pack(">H", len(message[i:i + 16384])) + message[i:i + 16384]
                    for i in range(0, len(message), 16384))


def handshake(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


@attack("tls-greatest", 20, 4000, "LIMIT_HANDSHAKE", "LIMIT_TLS_NUMBERS", "LIMIT_CERTIFICATES")
def tls_greatest(w, count):
    """A hello with 3000 ciphers, 100 certificates that are none, a message of 1 MB."""
    numbers = b"".join(struct.pack(">H", 0x1301 + i % 5000) for i in range(3000))
    hello = handshake(1, b"\x03\x03" + bytes(32) + b"\0" + struct.pack(">H", len(numbers)) + numbers + b"\x01\0")
    server = handshake(2, b"\x03\x03" + bytes(32) + b"\0" + b"\xc0\x2f\0")
    chain = b"".join(struct.pack(">I", 200)[1:] + b"\x30" * 200 for _ in range(100))
    certificates = handshake(11, struct.pack(">I", len(chain))[1:] + chain)
    for i in range(count):
        t = Talk(w, sport=20000 + i, dport=465).open()
        t.send("c", tls_record(hello))
        t.send("s", tls_record(server + certificates))
        for record in range(0, 1 << 20, 16384):
            t.send("s", tls_record(handshake(12, bytes(1 << 20))[record:record + 16384]))


@attack("many-names", 5, 1000, "LIMIT_CERTIFICATE_NAMES")
def many_names(w, count):
    """A certificate for 1000 hosts."""
    names = b"".join(b"\x82" + bytes([12]) + b"h%03d.example" % (i % 1000) for i in range(1000))

    def der(tag, *parts):
        body = b"".join(parts)
        return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))) + body
    rsa = der(0x30, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\0")
    name = der(0x30, der(0x31, der(0x30, b"\x06\x03\x55\x04\x03", der(0x0C, b"h.example"))))
    key = der(0x30, der(0x30, b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\0"),
              der(3, b"\0", der(0x30, der(2, b"\0" + b"\xc3" * 128), der(2, b"\1\0\1"))))
    alternative = der(0x30, b"\x06\x03\x55\x1d\x11", der(4, der(0x30, names)))
    body = der(0x30, der(0xA0, der(2, b"\2")), der(2, b"\1"), rsa, name,
               der(0x30, der(0x17, b"200101000000Z"), der(0x17, b"490101000000Z")), name, key, der(0xA3, der(0x30, alternative)))
    certificate = der(0x30, body, rsa, der(3, b"\0" + bytes(128)))
    chain = struct.pack(">I", len(certificate))[1:] + certificate
    for i in range(count):
        t = Talk(w, sport=20000 + i, dport=465).open()
        t.send("c", tls_record(handshake(1, b"\x03\x03" + bytes(32) + b"\0\0\2\xc0\x2f\1\0")))
        t.send("s", tls_record(handshake(2, b"\x03\x03" + bytes(32) + b"\0" + b"\xc0\x2f\0") +
                               handshake(11, struct.pack(">I", len(chain))[1:] + chain)))


# What no session can tell: its packets belong to none.
NOT_OF_SESSIONS = {"LIMIT_ENCAPSULATIONS", "LIMIT_FRAGMENT_DATAGRAMS", "LIMIT_FRAGMENT_BYTES_ALL"}
OF_PEERS = {"LIMIT_PEERS", "LIMIT_FINDING_GROUPS", "LIMIT_WATCHED"}
NOT_MAIL = {"connections", "half-open-elsewhere", "everything"}


def untold(name, limits, summary):
    """What should have been told and was not."""
    counted = (summary["capture"] or {}).get("limits_by_name", {})
    if not OF_PEERS & set(limits) and OF_PEERS & set(counted):
        yield f"few peers, and {sorted(OF_PEERS & set(counted))} told"
    for when, (_, peer) in REAL.items() if name == "flood-around-real" else ():
        told = {f["rule"]: f["sessions"] for f in summary["findings"] if f["peer"].startswith(peer)}
        if 25 not in told.values() or "retry-storm" not in {f["rule"] for f in summary["findings"]}:
            yield f"the server that failed {when} the flood is told as {told}"
    if name == "idle-sessions" and counted:
        yield f"{sorted(counted)} told, and there is room for all"
    for either in limits:
        reached = [limit for limit in either.split("|") if counted.get(limit)]
        if not reached:
            yield f"{either} is not counted, only {counted}"
        elif name not in NOT_MAIL and not any(limit in summary["limits"] or limit in NOT_OF_SESSIONS | OF_PEERS for limit in reached):
            yield f"no session tells {either}, only {sorted(summary['limits'])}"


def run(wiretale, make, count, memory):
    """(seconds of the program, peak MiB, exit status, records)"""
    def bounded():
        resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
    child = subprocess.Popen([wiretale, "read", "--no-config", "--steps", "all", "--jsonl", "-", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, preexec_fn=bounded)
    summary = {"sessions": 0, "limits": set(), "capture": None, "findings": []}

    def listen():
        for line in child.stdout:
            if b'"wiretale.session"' in line[:200]:
                summary["sessions"] += 1
                summary["limits"].update(x.decode() for x in re.findall(rb"LIMIT_[A-Z_]+", line))
            elif b'"wiretale.finding"' in line[:200]:
                record = json.loads(line)
                summary["findings"].append({"rule": record["event"]["action"], "peer": str(record["smtp"]["finding"].get("peer")),
                                            "sessions": record["smtp"]["finding"]["sessions"]})
            elif b'"wiretale.capture"' in line[:200]:
                summary["capture"] = json.loads(line)
    reader = threading.Thread(target=listen)
    reader.start()
    wire = Wire(child.stdin)
    try:
        make(wire, count)
        wire.flush()
        child.stdin.close()
    except BrokenPipeError:
        pass
    reader.join()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode, summary


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("wiretale")
    ap.add_argument("--only", default="")
    ap.add_argument("--long", action="store_true")
    ap.add_argument("--memory", type=int, help="MiB at most (300, with --long 512); 0: not looked at (sanitizers)")
    args = ap.parse_args()
    if args.memory is None:
        args.memory = 512 if args.long else 300
    failed = done = 0
    for name, short, long, limits, make in ATTACKS:
        count = long if args.long else short
        if args.only not in name or not count:
            continue
        seconds, peak, status, summary = run(args.wiretale, make, count, args.memory)
        wrong = []
        if status not in (0, 3, 4):
            wrong.append(f"exit {status}")
        if args.memory and peak > args.memory:
            wrong.append(f"{peak:.0f} MiB at its peak")
        if status != 3 and not summary["capture"]:
            wrong.append("the report has no end")
        wrong += untold(name, limits, summary)
        done += 1
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {name:22} {seconds:6.1f} s {peak:5.0f} MiB {summary['sessions']:8} sessions "
              f"{' '.join(sorted((summary['capture'] or {}).get('limits', {})))} {'; '.join(wrong)}", flush=True)
    print(f"{done} attacks, {failed} failures")
    return failed > 0 or not done


if __name__ == "__main__":
    sys.exit(main())
