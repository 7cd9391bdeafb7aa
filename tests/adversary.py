#!/usr/bin/env python3
"""Traffic made to exhaust the reader: memory stays bounded, limits are told, and it ends.

usage: adversary.py WIRETALE [--only TEXT] [--long] [--memory MIB]

Each case streams a capture to the program's standard input and looks at its peak memory, its exit status and its
report. The short variants take seconds; --long makes them as large as their names say (minutes).
"""
import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import threading

ATTACKS = []
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def attack(name, short, long, limit=None):
    """short, long: how often. limit: some limit must be told (in a session, or counted in the capture)."""
    def register(make):
        ATTACKS.append((name, short, long, limit, make))
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

    def __init__(self, wire, client=0xC0000201, sport=40000, dport=25):
        self.w, self.c, self.s, self.sport, self.dport = wire, client, 0xC6336419, sport, dport
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


@attack("syn-flood", 200000, 1000000)
def syn_flood(w, count):
    for i in range(count):
        w.put(ip4(0x0A000000 + i // 60000, 0xC6336419, tcp(1024 + i % 60000, 25, i, 0, SYN)))


@attack("half-open", 60000, 100000)
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


@attack("half-open-elsewhere", 20000, 100000)
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


@attack("out-of-order", 60000, 1000000)
def out_of_order(w, count):
    """Segments behind a hole that is never filled, in many connections."""
    talks = [Talk(w, sport=20000 + i).open().hello() for i in range(100)]
    for i in range(count):
        t = talks[i % 100]
        t.send("c", b"x" * 1400, seq=t.seq["c"] + 10 + (i // 100) * 2800, stay=True)


@attack("overlapping-garbage", 30000, 1000000)
def overlapping(w, count):
    t = Talk(w).open().hello()
    x = 12345
    for _ in range(count):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        t.send("c" if x & 64 else "s", bytes([x & 0xFF]) * (1 + x % 700), seq=t.seq["c" if x & 64 else "s"] + (x >> 8) % 60000, stay=True)


@attack("fragments", 50000, 2000000)
def fragments(w, count):
    """First fragments whose rest never comes."""
    for i in range(count):
        w.put(ip4(0x0A000000 + i // 65536, 0xC6336419, bytes(1400), ident=i, fragment=0x2000 | (i % 5) * 175))


@attack("long-line", 64, 1024)
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


@attack("pipelined-rcpt", 100000, 1000000, "LIMIT_")
def pipelined(w, count):
    """Recipients without an answer."""
    t = Talk(w).open().hello()
    t.send("c", b"MAIL FROM:<a@example.org>\r\n")
    for i in range(0, count, 500):
        t.send("c", b"".join(b"RCPT TO:<u%07d@example.com>\r\n" % j for j in range(i, min(i + 500, count))))
        t.send("s")


@attack("endless-session", 100000, 1000000)
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


def run(wiretale, make, count, memory):
    """(seconds of the program, peak MiB, exit status, records)"""
    def bounded():
        resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
    child = subprocess.Popen([wiretale, "read", "--no-config", "--steps", "all", "--jsonl", "-", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, preexec_fn=bounded)
    summary = {"sessions": 0, "limits": set(), "capture": None}

    def listen():
        for line in child.stdout:
            for step in (b"LIMIT_",):
                at = line.find(step)
                if at >= 0:
                    summary["limits"].add(line[at:at + 40].split(b'"')[0].split(b" ")[0].decode())
            if b'"wiretale.session"' in line[:200]:
                summary["sessions"] += 1
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
    ap.add_argument("--memory", type=int, default=300, help="MiB at most; 0: not looked at (sanitizers)")
    args = ap.parse_args()
    failed = done = 0
    for name, short, long, limit, make in ATTACKS:
        if args.only not in name:
            continue
        seconds, peak, status, summary = run(args.wiretale, make, long if args.long else short, args.memory)
        wrong = []
        if status not in (0, 3, 4):
            wrong.append(f"exit {status}")
        if args.memory and peak > args.memory:
            wrong.append(f"{peak:.0f} MiB at its peak")
        if status != 3 and not summary["capture"]:
            wrong.append("the report has no end")
        if limit and not any(x.startswith(limit) for x in summary["limits"]):
            wrong.append(f"no {limit} is told, only {sorted(summary['limits'])}")
        done += 1
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {name:22} {seconds:6.1f} s {peak:5.0f} MiB {summary['sessions']:8} sessions "
              f"{' '.join(sorted(summary['limits']))} {'; '.join(wrong)}", flush=True)
    print(f"{done} attacks, {failed} failures")
    return failed > 0 or not done


if __name__ == "__main__":
    sys.exit(main())
