#!/usr/bin/env python3
"""One dialogue in every link type, tunnel and fragmentation: the report must be that of plain Ethernet.

usage: compare.py WIRETALE [--keep FOLDER] [NAME...]

Every record of sessions and findings is compared whole, addresses and numbers of frames included, where one packet
became one packet; where it became several (fragments) or was joined with others, numbers of frames are left out.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.dont_write_bytecode = True
import craft  # noqa: E402
import craft_tunnels as wraps  # noqa: E402
from capfile import Packet, write_pcap, write_pcapng  # noqa: E402

A, B = "192.0.2.10", "198.51.100.25"
A6, B6 = "2001:db8:1::10", "2001:db8:2::25"


def delivery(c, size=3000):
    return c.open().hello().mail(size=size).quit().close()


def dialogues(errors=True):
    """A delivery over IPv4, one over IPv6, one on another port, one reset; attempts that routers refuse: IP packets."""
    net = craft.Net(linktype=craft.RAW)
    delivery(net.tcp(A, B))
    delivery(net.tcp(A6, B6, at=1))
    delivery(net.tcp(A, B, at=2, dport=10025), 500)
    net.tcp(A, B, at=3).open().hello().reset(craft.S)
    if errors:
        c, six = net.tcp(A, B, at=4), net.tcp(A6, B6, at=5)
        c.syn()
        c.icmp("192.0.2.1", 3, 1)
        six.syn()
        six.icmp("2001:db8:1::1", 1, 3)
    return wraps.packets(net)


def report(program, path):
    done = subprocess.run([program, "read", str(path), "--redact", "none", "--steps", "all", "--jsonl", "-"],
                          capture_output=True, timeout=120)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{path}: exit status {done.returncode}: {done.stderr.decode()}")
    return [r for r in map(json.loads, done.stdout.splitlines())
            if r["event"]["dataset"] in ("wiretale.session", "wiretale.finding")]


def without(value, names):
    if isinstance(value, dict):
        return {k: without(v, names) for k, v in value.items() if k not in names}
    return [without(v, names) for v in value] if isinstance(value, list) else value


def difference(want, got):
    """The first place where two records differ, in words."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in [*want, *(k for k in got if k not in want)]:
            if want.get(key) != got.get(key):
                return f"{key}: {difference(want.get(key), got.get(key))}"
    if isinstance(want, list) and isinstance(got, list):
        for i, (a, b) in enumerate(zip(want, got)):
            if a != b:
                return f"[{i}] {difference(a, b)}"
        return f"{len(want)} items, got {len(got)}"
    return f"want {str(want)[:120]}, got {str(got)[:120]}"


class Bench:
    def __init__(self, program, folder, names):
        self.program, self.folder, self.names, self.bad, self.count = program, pathlib.Path(folder), names, 0, 0

    def read(self, name, packets, linktype, **how):
        path = self.folder / f"{name}.pcap{'ng' if isinstance(linktype, tuple) else ''}"
        (write_pcapng if isinstance(linktype, tuple) else write_pcap)(path, packets, linktype, **how)
        return report(self.program, path)

    def wanted(self, name):
        return not self.names or name in self.names

    def judge(self, name, want, got, leave=()):
        self.count += 1
        want, got = without(want, leave), without(got, leave)
        if want != got:
            self.bad += 1
            print(f"{name}: {difference(want, got)}")

    def check(self, name, claim, words):
        self.count += 1
        if not claim:
            self.bad += 1
            print(f"{name}: {words}")


def ethernet(plain):
    return [Packet(t, wraps.plain_ether(ip, o, 0)) for t, ip, o in plain]


def same_in_everything(bench, plain, want):
    for name, (linktype, wrap) in wraps.WRAPPINGS.items():
        if bench.wanted(name):
            got = bench.read(name, [Packet(t, wrap(ip, o, n)) for n, (t, ip, o) in enumerate(plain)], linktype)
            bench.judge(name, want, got)
    for name, (linktype, arrange) in wraps.ARRANGEMENTS.items():
        if bench.wanted(name):
            leave = ("frame", "frames", "last_frame")
            if name == "wlan-aggregates":  # told at the time of the frame that brought them
                leave += ("t", "@timestamp", "event", "rtt", "wait", "findings", "segments")
            bench.judge(name, want, bench.read(name, arrange(plain), linktype), leave)


def same_when_cut(bench, plain):
    """A snap length that leaves as much of the inner packet as another one does of the plain packet."""
    want = bench.read("snapped", ethernet(plain), craft.ETHERNET, snaplen=14 + 100)
    for name, head in (("vxlan", 50), ("gtp", 36), ("erspan-2", 50), ("pppoe", 8), ("radiotap", 42)):
        if bench.wanted(f"{name}-snapped"):
            linktype, wrap = wraps.WRAPPINGS[name]
            cut = [Packet(t, wrap(ip, o, n)) for n, (t, ip, o) in enumerate(plain)]
            bench.judge(f"{name}-snapped", want, bench.read(f"{name}-snapped", cut, linktype, snaplen=14 + head + 100))


def twins(bench):
    """Seen in the tunnel and out of it, as on all interfaces of a tunnel's end: copies, told as such and not as resends."""
    plain = dialogues(errors=False)
    want = bench.read("plain-twins", ethernet(plain), craft.ETHERNET)
    for name in ("vxlan", "gre", "geneve", "ipip", "fragments-shuffled", "vxlan-in-fragments"):
        if not bench.wanted(f"{name}-twins"):
            continue
        if name in wraps.WRAPPINGS:
            wrap = wraps.WRAPPINGS[name][1]
            inside = [Packet(t, wrap(ip, o, n)) for n, (t, ip, o) in enumerate(plain)]
        else:
            inside = wraps.ARRANGEMENTS[name][1](plain)
        both = [Packet(p.time_ns, p.data, None, 0) for p in inside] + \
               [Packet(t, craft.frame(ip, craft.SLL, o), None, 1) for t, ip, o in plain]
        got = bench.read(f"{name}-twins", sorted(both, key=lambda p: p.time_ns), (craft.ETHERNET, craft.SLL))
        sessions = [r for r in got if r["event"]["dataset"] == "wiretale.session"]
        told = {f["rule"] for r in sessions for f in r["findings"]} | {r["event"].get("action") for r in got}
        leave = ("frame", "frames", "last_frame", "findings", "capture", "event")
        bench.judge(f"{name}-twins", [r for r in want if r["event"]["dataset"] == "wiretale.session"], sessions, leave)
        bench.check(f"{name}-twins", "capture-duplicates" in told, f"no capture-duplicates among {sorted(filter(None, told))}")


def garbage(bench):
    """A fragment with other octets makes the packet worthless: a gap, and not a byte of either version."""
    net = craft.Net(linktype=craft.RAW)
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<real@example.com>\nS 250 ok\nC RSET\nS 250 ok")
    c.quit().close()
    for forged_first in (True, False):
        packets = []
        for t, ip, o in wraps.packets(net):
            if b"real@" in ip:
                parts = wraps.fragments(ip, 24, 1)
                forged = wraps.fragments(ip.replace(b"real@", b"evil@"), 24, 1)
                last = [forged[-1], parts[-1]]  # before the packet is whole: later nobody could tell
                parts = (last if forged_first else last[::-1]) + parts[:-1]
                packets += wraps.spread(t, [wraps.plain_ether(p, o, 0) for p in parts])
            else:
                packets.append(Packet(t, wraps.plain_ether(ip, o, 0)))
        name = f"garbage-{'first' if forged_first else 'second'}"
        if bench.wanted(name):
            got = bench.read(name, packets, craft.ETHERNET)
            text = json.dumps(got)
            bench.check(name, "evil@" not in text and "real@" not in text, "bytes of a packet that was discarded")
            bench.check(name, len(got) >= 1 and got[0]["tcp"]["gaps"]["client"], f"no gap: {text[:200]}")


def never_whole(bench):
    """The first fragment alone delivers nothing; what is sent again whole is read once."""
    net = craft.Net(linktype=craft.RAW)
    c = net.tcp(A, B).open().hello()
    c.client("MAIL FROM:<ann@example.org>", ack=False, lost=True)
    c.client("MAIL FROM:<ann@example.org>", ack=False, dt=0.25, seq=c.next[craft.C] - 29)
    c.talk("S 250 ok")
    c.quit().close()
    packets, seen = [], False
    for t, ip, o in wraps.packets(net):
        if b"MAIL FROM" in ip and not seen:
            seen, ip = True, wraps.fragments(ip, 40, 1)[0]
        packets.append(Packet(t, wraps.plain_ether(ip, o, 0)))
    if bench.wanted("never-whole"):
        got = bench.read("never-whole", packets, craft.ETHERNET)
        steps = [s for s in got[0]["steps"] if s.get("verb") == "MAIL"]
        bench.check("never-whole", len(steps) == 1 and len(got[0]["smtp"]["transactions"]) == 1, f"{len(steps)} MAIL")
        bench.check("never-whole", not got[0]["tcp"]["gaps"]["client"], "a gap that was filled")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("--keep"), ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(a.program, a.keep or folder, a.names)
        plain = dialogues()
        want = bench.read("plain", ethernet(plain), craft.ETHERNET)
        bench.check("plain", sum(r["event"]["dataset"] == "wiretale.session" for r in want) == 6, "six sessions are told")
        same_in_everything(bench, plain, want)
        same_when_cut(bench, plain)
        twins(bench)
        garbage(bench)
        never_whole(bench)
    print(f"{bench.count} compared, {bench.bad} differ")
    return 1 if bench.bad else 0


if __name__ == "__main__":
    sys.exit(main())
