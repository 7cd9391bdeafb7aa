#!/usr/bin/env python3
"""One capture in every file format, compression and way of being split: the report must be that of a plain pcap.

usage: compare.py WIRETALE [--keep FOLDER] [NAME...]

Sessions and findings are compared whole; numbers of frames only where the packets are still in one file. Each form is
read from a file and from a pipe.
"""
import argparse
import gzip
import json
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.dont_write_bytecode = True
import craft  # noqa: E402
import craft_tunnels as wraps  # noqa: E402

A, B = "192.0.2.10", "198.51.100.25"
MICRO, NANO, MODIFIED, IXIA_HARD, IXIA_SOFT = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34, 0x1C0001AC, 0x1C0001AB
FRAMES = ("frame", "frames", "last_frame")
SECRET = b"CLIENT_RANDOM 00112233445566778899 an-exported-secret\n"


def dialogues():
    """(time in ns, IP packet): a delivery, one over IPv6, one with odd lengths, one reset."""
    net = craft.Net(linktype=craft.RAW)
    net.tcp(A, B).open().hello().mail(size=3000).quit().close()
    net.tcp("2001:db8:1::10", "2001:db8:2::25", at=1).open().hello().mail(size=701).quit().close()
    net.tcp(A, B, at=2).open().hello().mail(size=1).quit().close()
    net.tcp(A, B, at=3).open().hello().reset(craft.S)
    return [(t // 1000 * 1000, ip) for t, ip, _ in wraps.packets(net)]


def ethernet(ip):
    return wraps.plain_ether(ip, True, 0)


# --- pcap ---


def pcap(plain, magic=MICRO, order="<", unit=1000, more=b"", version=(2, 4), link=1, behind_header=b"", trailer=b"",
         swapped=False):
    """more: bytes behind each record's header; trailer: behind each frame."""
    out = struct.pack(order + "IHHiIII", magic, *version, 0, 0, 262144, link) + behind_header
    for t, ip in plain:
        data = ethernet(ip) + trailer
        lengths = (len(data), len(data)) if not swapped else (len(data) + 1, len(data))
        out += struct.pack(order + "IIII", t // 10**9, t % 10**9 // unit, *lengths) + more + data
    return out


EIGHT = struct.pack("<IHBB", 2, 0x800, 1, 0)
PCAPS = {
    "pcap": {},
    "pcap-big": {"order": ">"},
    "nano": {"magic": NANO, "unit": 1},
    "nano-big": {"magic": NANO, "unit": 1, "order": ">"},
    "modified": {"magic": MODIFIED, "more": EIGHT},
    "modified-big": {"magic": MODIFIED, "more": EIGHT, "order": ">"},
    "modified-twelve": {"magic": MODIFIED, "more": EIGHT + bytes(4)},
    "usual-magic-eight": {"more": EIGHT},
    "nokia": {"more": b"\1\2\3\4"},
    "nokia-big": {"more": b"\1\2\3\4", "order": ">"},
    "ixia-hardware": {"magic": IXIA_HARD, "unit": 1, "behind_header": bytes(4)},
    "ixia-software": {"magic": IXIA_SOFT, "behind_header": bytes(4), "order": ">"},
    "aix": {"version": (2, 2), "unit": 1, "link": 6, "order": ">", "swapped": True},
    "version-2.3": {"version": (2, 3), "swapped": True},
    # Link types with the length of a frame check sequence, in units of 16 bits, and a bit that says so.
    "fcs": {"link": 0x24000001, "trailer": b"\xde\xad\xbe\xef"},
    "fcs-undeclared": {"trailer": b"\xde\xad\xbe\xef"},
}


# --- pcapng ---


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order, options=b""):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def interface(order, link, snaplen=0, options=b""):
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + options)


def enhanced(order, index, ticks, data, options=b""):
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, head + data + bytes(-len(data) % 4) + options)


def pcapng_interfaces(plain, order="<"):
    """Packets in turn by interfaces of four link types, snap lengths and clocks: 10^-6, 10^-9, 2^-30 with whole seconds
    added, milliseconds for what falls on one."""
    binary = option(order, 9, b"\x9e") + option(order, 14, struct.pack(order + "q", 1000000000))
    out = section(order, option(order, 1, b"a comment"))
    out += interface(order, 1, 65535) + interface(order, 101, 0, option(order, 9, b"\x09"))
    out += interface(order, 113, 4000, binary) + interface(order, 1, 262144, option(order, 9, b"\x03"))
    for n, (t, ip) in enumerate(plain):
        kind = 3 if t % 10**6 == 0 else n % 3
        if kind == 0:
            out += enhanced(order, 0, t // 1000, ethernet(ip))
        elif kind == 1:
            out += enhanced(order, 1, t, ip)
        elif kind == 2:
            # rounded up to a tick of 2^-30 s, so that it reads as the same ns
            ticks = -(-(t - 10**18) * 2**30 // 10**9)
            out += enhanced(order, 2, ticks, craft.frame(ip, craft.SLL))
        else:
            out += enhanced(order, 3, t // 10**6, ethernet(ip))
    return out


def pcapng_sections(plain):
    """Sections in both byte orders; between the packets what is not for us: unknown, names, secrets, a custom block."""
    out, step = b"", 7
    for n in range(0, len(plain), step):
        order = "<>"[n // step % 2]
        out += section(order) + block(order, 0x0A, struct.pack(order + "II", 0x544C534B, len(SECRET)) + SECRET)
        out += interface(order, 101, 0, option(order, 13, b"\x04") + option(order, 2, b"eth0"))
        for t, ip in plain[n:n + step]:
            comment = option(order, 1, b"seen by a person") + option(order, 0, b"")
            out += block(order, 4, struct.pack(order + "HH", 0, 0)) + enhanced(order, 0, t // 1000, ip, comment)
            out += block(order, 0x0BAD, struct.pack(order + "I", 32473) + b"ours") + block(order, 0x7FFF, b"unknown")
    return out


def pcapng_fcs(plain):
    out = section("<") + interface("<", 1, 0, option("<", 13, b"\x04"))
    return out + b"".join(enhanced("<", 0, t // 1000, ethernet(ip) + b"\xde\xad\xbe\xef") for t, ip in plain)


# --- reading ---


def run(program, names, stdin=None, **how):
    done = subprocess.run([program, "read", *map(str, names), "--redact", "none", "--steps", "all", "--jsonl", "-"],
                          input=stdin, capture_output=True, timeout=120, **how)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, done.stderr.decode(), records


def without(value, names):
    if isinstance(value, dict):
        return {k: without(v, names) for k, v in value.items() if k not in names}
    return [without(v, names) for v in value] if isinstance(value, list) else value


def told(records, leave=()):
    kept = [r for r in records if r["event"]["dataset"] in ("wiretale.session", "wiretale.finding")]
    return without(kept, leave)


class Bench:
    def __init__(self, program, folder, names):
        self.program, self.folder, self.names, self.bad, self.count = program, pathlib.Path(folder), names, 0, 0
        self.want = None

    def check(self, name, claim, words):
        self.count += 1
        if not claim:
            self.bad += 1
            print(f"{name}: {words}")

    def judge(self, name, answer, status=0, leave=()):
        returned, said, records = answer
        self.check(name, returned == status, f"exit status {returned}, want {status}: {said}")
        same = told(records, leave) == without(self.want, leave)
        self.check(name, same, "another report than that of the plain capture")

    def put(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def form(self, name, content):
        if self.names and name not in self.names:
            return
        path = self.put(name, content)
        self.judge(name, run(self.program, [path]))
        self.judge(name + ", by a pipe", run(self.program, ["-"], stdin=content))


def drops(bench, plain):
    """Counts of packets and of statistics blocks, added over interfaces; of one interface the larger one."""
    def lost(count):
        return option("<", 4, struct.pack("<Q", count)) + option("<", 0, b"")
    t, ip = plain[0][0] // 1000, plain[0][1]
    out = section("<") + interface("<", 101) * 2 + enhanced("<", 0, t, ip, lost(3)) + enhanced("<", 1, t, ip, lost(4))
    out += enhanced("<", 0, t, ip, lost(5)) + enhanced("<", 0, t, ip)
    totals = option("<", 5, struct.pack("<Q", 6)) + option("<", 7, struct.pack("<Q", 1))
    out += block("<", 5, struct.pack("<III", 0, 0, 0) + totals)
    _, _, records = run(bench.program, [bench.put("drops", out)])
    bench.check("drops", records[-1].get("dropped") == 8 + 4, f"dropped is {records[-1].get('dropped')}, want 12")


def split(plain, count):
    """Consecutive parts, none empty."""
    return [plain[i * len(plain) // count:(i + 1) * len(plain) // count] for i in range(count)]


def sets(bench, plain):
    few_files = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))}
    parts = split(plain, len(plain))
    rotated = [bench.put(f"rotated/gw.pcap{n:03}", pcap(p)) for n, p in enumerate(parts)]
    bench.put("rotated/notes.txt", b"When the disk was full: see the ticket.\n")
    bench.put("rotated/.gw.pcap", pcap(plain))
    bench.put("rotated/older/gw.pcap", pcap(plain))
    answer = run(bench.program, [bench.folder / "rotated"], **few_files)
    bench.judge("rotated", answer, leave=FRAMES)
    bench.check("rotated", "notes" not in answer[1], f"told without being asked: {answer[1]}")
    answer = run(bench.program, ["-v", bench.folder / "rotated"])
    bench.check("rotated, -v", "notes.txt is not a capture" in answer[1], answer[1])
    bench.judge("rotated, named backwards", run(bench.program, rotated[::-1], **few_files), leave=FRAMES)
    frames = {json.dumps(f) for r in answer[2] for f in [s.get("frame") for s in r.get("steps", [])] if f}
    bench.check("rotated", '{"file": 1, "frame": 1}' in frames and f'{{"file": {len(parts)}, "frame": 1}}' in frames,
                "frames do not name their files in the order of their names")
    # All at once, and more of them than may be open: every file holds one packet in 70.
    mixed = [bench.put(f"mixed/{n}", gzip.compress(pcap(plain[n::70]))) for n in range(70)]
    bench.judge("mixed", run(bench.program, mixed, **few_files), leave=FRAMES)
    bench.judge("mixed, as a directory", run(bench.program, [bench.folder / "mixed"], **few_files), leave=FRAMES)
    two = [bench.put("two/a", pcap(plain[0::2])), bench.put("two/b", pcapng_interfaces(plain[1::2], ">"))]
    bench.judge("two formats", run(bench.program, two), leave=FRAMES)
    answer = run(bench.program, [*two, *(bench.folder / f"absent-{n}" for n in range(9))])
    bench.judge("two formats and what is not there", answer, status=4, leave=FRAMES)
    bench.check("what is not there", answer[1].count("absent") == 3 and "6 more could not be read" in answer[1], answer[1])
    bench.put("cut/a", pcap(plain)), bench.put("cut/b", pcap(plain)[:20])
    bench.judge("a directory with a broken capture", run(bench.program, [bench.folder / "cut"]), status=4, leave=FRAMES)
    bench.put("none/notes", b"no capture was taken today, they say\n")
    answer = run(bench.program, [bench.folder / "none"])
    bench.check("none", answer[0] == 3 and answer[1].count("\n") == 1, f"{answer[0]} {answer[1]}")
    done = subprocess.run([bench.program, "read", bench.folder / "two", "--html", two[0]], capture_output=True)
    bench.check("two", done.returncode == 2 and two[0].read_bytes() == pcap(plain[0::2]), "a capture was replaced")


def packed(bench):
    """What the tools for zstd and lz4 write (tests/README.md says how these were made)."""
    bench.want = told(run(bench.program, [HERE / "packed" / "mail.pcap"])[2])
    bench.check("packed", len(bench.want) > 0, "nothing in mail.pcap")
    for path in sorted((HERE / "packed").glob("mail.pcap.*")):
        content = path.read_bytes()
        bench.form(path.name, content)
        returned, said, records = run(bench.program, [bench.put("cut-" + path.name, content[:-2])])
        bench.check(path.name, returned == 4 and said.count("\n") == 1, f"cut: {returned} {said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--keep")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or temporary
        bench = Bench(pathlib.Path(args.program).resolve(), folder, args.names)
        plain = dialogues()
        bench.want = told(run(bench.program, [bench.put("plain", pcap(plain))])[2])
        bench.check("plain", len([r for r in bench.want if r["event"]["dataset"] == "wiretale.session"]) == 4, "not 4 sessions")
        forms = {name: pcap(plain, **how) for name, how in PCAPS.items()}
        forms["pcapng"] = pcapng_interfaces(plain)
        forms["pcapng-big"] = pcapng_interfaces(plain, ">")
        forms["pcapng-sections"] = pcapng_sections(plain)
        forms["pcapng-fcs"] = pcapng_fcs(plain)
        for name in ("pcap", "modified", "pcapng-sections"):
            one, two = forms[name][:1001], forms[name][1001:]
            forms[name + ".gz"] = gzip.compress(forms[name], mtime=0)
            forms[name + "-members.gz"] = gzip.compress(one, mtime=0) + gzip.compress(two, mtime=0) + bytes(30)
        for name, content in forms.items():
            bench.form(name, content)
        drops(bench, plain)
        if not args.names:
            sets(bench, plain)
            packed(bench)
    print(f"{bench.count - bench.bad} of {bench.count} checks passed")
    return bench.bad > 0


if __name__ == "__main__":
    sys.exit(main())
