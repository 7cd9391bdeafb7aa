#!/usr/bin/env python3
"""Bent captures in thousands of random ways: every accusation that the whole capture lacks is listed.

usage: bend_wide.py WIRETALE CAPTURE|FOLDER... [--seed N] [--bends N] [--sample N] [--jobs N] [--known FILE] [--shrink]

The seed, the capture's name and the bend's number decide what a bend is: single packets or one in 50 to one in 2 dropped, bursts,
holes, cut at its beginning, its end or both, one direction of all or of some connections, without SYNs, SYN-ACKs, FINs and
resets, acknowledgements or data of one side, a short snap length, and several of these at once. --sample takes only so many of the
captures, another choice with each seed. With --shrink the packets that need not be missing are put back, one after the other,
and what is left is told as a row of bent.tsv: capture, how it is bent, client's port, finding.

An accusation: a finding of warning or worse that is neither about the capture (capture-*) nor marked unproven (confidence low);
of a session that is not accused by the same finding, or nobody of the same side, in the whole capture; or over many sessions
("-" for the port), of a client or server of which the whole capture does not say the same. A device on the path is the path. Also
told: a program that fails. --known names the rows that are true of what is left (bend_known.tsv, its bend *). It takes minutes;
tests/bend.py is the short test.
"""
import argparse
import collections
import gzip
import json
import multiprocessing
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))
sys.dont_write_bytecode = True
import capfile  # noqa: E402

ALARMING = ("warning", "error", "critical")
# Told of one peer in the name of several: which one, a few packets decide.
OF_ANYONE = ("address-family-broken", "auth-bruteforce", "duplicate-delivery", "greylist-not-passed", "greylist-behaviour")
PACKETS_MOST = 4000  # longer captures are left out
FIN, SYN, RST, ACK = 1, 2, 4, 16


# --- packets ---

def tcp_of(data):
    """(flow, from the lower end, flags, octets) of TCP over Ethernet, VLAN tags and IP; None: something else."""
    at = 12
    while data[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind, ip = data[at:at + 2], at + 2
    if kind == b"\x08\x00" and len(data) >= ip + 20 and data[ip + 9] == 6:
        tcp, ends = ip + (data[ip] & 15) * 4, (data[ip + 12:ip + 16], data[ip + 16:ip + 20])
        end = ip + int.from_bytes(data[ip + 2:ip + 4], "big")
    elif kind == b"\x86\xdd" and len(data) >= ip + 40 and data[ip + 6] == 6:
        tcp, ends = ip + 40, (data[ip + 8:ip + 24], data[ip + 24:ip + 40])
        end = tcp + int.from_bytes(data[ip + 4:ip + 6], "big")
    else:
        return None
    if len(data) < tcp + 20:
        return None
    a, b = (ends[0], data[tcp:tcp + 2]), (ends[1], data[tcp + 2:tcp + 4])
    return (min(a, b), max(a, b)), a < b, data[tcp + 13], end - tcp - (data[tcp + 12] >> 4) * 4


class Capture:
    def __init__(self, path):
        self.name, raw = path.name, path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        self.file = pathlib.Path(tempfile.mkstemp(dir=folder())[1])
        self.file.write_bytes(raw)
        self.linktype, self.packets = capfile.read(self.file)
        self.usable = len({p.linktype for p in self.packets}) == 1 and 1 < len(self.packets) <= PACKETS_MOST
        self.tcp = [tcp_of(p.data) if self.linktype == 1 else None for p in self.packets] if self.usable else []


def folder():
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def whom(finding):
    """A peer, or a destination of several servers."""
    return finding["peer_name"] if finding.get("peer_addresses") else finding.get("peer")


# --- bends: from the numbers of the packets kept to fewer, and perhaps cut ---

def some(dice, c, kept):
    missing = set(dice.sample(kept, min(len(kept) - 1, dice.randint(1, 6))))
    return [n for n in kept if n not in missing]


def one_in(dice, c, kept):
    n = dice.choice((50, 20, 10, 5, 3, 2))
    return [k for k in kept if dice.randrange(n)]


def bursts(dice, c, kept):
    out, left, rate = [], 0, dice.choice((0.02, 0.05, 0.1))
    for n in kept:
        left = dice.randint(1, 6) if not left and dice.random() < rate else max(0, left - 1)
        out += [] if left else [n]
    return out


def holes(dice, c, kept):
    out = kept
    for _ in range(dice.randint(1, 4)):
        size = dice.randint(1, max(1, min(12, len(out) // 3)))
        at = dice.randrange(max(1, len(out) - size + 1))
        out = out[:at] + out[at + size:]
    return out


def begun_late(dice, c, kept):
    return kept[dice.randrange(len(kept)):]


def ended_early(dice, c, kept):
    return kept[:dice.randrange(len(kept)) + 1]


def piece(dice, c, kept):
    a, b = sorted((dice.randrange(len(kept) + 1), dice.randrange(len(kept) + 1)))
    return kept[a:b + 1]


def flows(c, kept):
    return sorted({c.tcp[n][0] for n in kept if c.tcp[n]})


def one_way(dice, c, kept):
    """Of all connections to the same port the same direction; or of some connections any."""
    if dice.randrange(2):
        way = {f: dice.choice((True, False, None)) for f in flows(c, kept)}
    else:
        to_server = dice.randrange(2)
        way = {f: (int.from_bytes(f[0][1], "big") > int.from_bytes(f[1][1], "big")) == bool(to_server) for f in flows(c, kept)}
    return [n for n in kept if not c.tcp[n] or way[c.tcp[n][0]] in (None, c.tcp[n][1])]


def without(kind):
    def bend(dice, c, kept):
        share = dice.choice((1.0, 1.0, 0.5))
        side = dice.choice((True, False, None))
        return [n for n in kept if not (c.tcp[n] and kind(*c.tcp[n][2:]) and side in (None, c.tcp[n][1]) and dice.random() < share)]
    return bend


BENDS = {"some": some, "one in": one_in, "bursts": bursts, "holes": holes, "late": begun_late, "early": ended_early, "piece": piece,
         "one way": one_way,
         "no SYNs": without(lambda flags, n: flags & SYN), "no SYN-ACKs": without(lambda flags, n: flags & SYN and flags & ACK),
         "no ends": without(lambda flags, n: flags & (FIN | RST)), "no FINs": without(lambda flags, n: flags & FIN),
         "no resets": without(lambda flags, n: flags & RST),
         "no ACKs": without(lambda flags, n: not n and not flags & (SYN | FIN | RST)),
         "no data": without(lambda flags, n: n > 0)}
OFTEN = ("some", "some", "some", "one in", "one in", "one in", "bursts", "bursts", "holes", "holes", *BENDS)


def bend(c, seed, number):
    """(its name, numbers of the packets kept, snap length or 0)"""
    dice = random.Random(f"{seed}/{c.name}/{number}")
    kept, names, snap = list(range(len(c.packets))), [], 0
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        how = dice.choice(OFTEN)
        names.append(how)
        kept = BENDS[how](dice, c, kept) or kept[:1]
    if not dice.randrange(20):
        snap = dice.randint(54, 200)
        names.append(f"snap {snap}")
    return "+".join(names), kept, snap


# --- what is told ---

class Told:
    def __init__(self, program, path):
        run = subprocess.run([program, "read", str(path), "--redact", "none", "--steps", "none", "--jsonl", "-"], capture_output=True, timeout=300)
        self.fault = None
        self.sessions, self.accused, self.over = {}, set(), {}
        if run.returncode not in (0, 3, 4):
            self.fault = f"exit {run.returncode}: {run.stderr.decode(errors='replace').strip()[-300:]}"
            return
        for r in map(json.loads, run.stdout.splitlines()):
            kind = r["event"]["dataset"]
            if kind == "wiretale.session":
                self.take_session(r)
            elif kind == "wiretale.finding":
                f = dict(r["smtp"]["finding"], rule=r["event"]["action"])
                if is_alarm(f):
                    self.over[(f["rule"], whom(f))] = f

    def take_session(self, r):
        ends = frozenset(((r["client"]["ip"], r["client"]["port"]), (r["server"]["ip"], r["server"]["port"])))
        for f in r.get("findings", ()):
            if is_alarm(f):
                self.sessions[(ends, f["rule"])] = dict(f, port=r["client"]["port"])
                self.accused.add((ends, side_of(f)))


def is_alarm(f):
    return f["severity"] in ALARMING and f.get("confidence") != "low" and not f["rule"].startswith("capture-")


def side_of(f):
    return {"middlebox": "network"}.get(f["points_to"], f["points_to"])


def accusations(plain, bent):
    """{(port or "-", rule): (severity, summary)} of what is only told of the bent one."""
    out = {}
    if bent.fault:
        return {("-", "failure"): ("critical", bent.fault)}
    for (ends, rule), f in bent.sessions.items():
        if (ends, rule) not in plain.sessions and (ends, side_of(f)) not in plain.accused:
            out[(f["port"], rule)] = (f["severity"], f.get("summary", ""))
    in_sessions = {rule for _, rule in bent.sessions}
    for (rule, peer), f in bent.over.items():
        told = rule in {r for r, _ in plain.over} if rule in OF_ANYONE else (rule, peer) in plain.over
        if not told and rule not in in_sessions:
            out[("-", rule)] = (f["severity"], f.get("summary", ""))
    return out


def read_bent(program, c, kept, snap, path):
    packets = [c.packets[n] for n in kept]
    if snap:
        packets = [capfile.Packet(p.time_ns, p.data[:snap], p.wire_len) for p in packets]
    capfile.write_pcap(path, packets, c.linktype, nano=True)
    return Told(program, path)


def shrink(program, c, kept, snap, path, plain, key):
    """The fewest packets that must be missing for this: chunks are put back, halves of them, then each."""
    def holds(missing, snap):
        gone = set(missing)
        return key in accusations(plain, read_bent(program, c, [n for n in range(len(c.packets)) if n not in gone], snap, path))
    missing = sorted(set(range(len(c.packets))) - set(kept))
    if snap and holds(missing, 0):
        snap = 0
    size = max(1, len(missing) // 2)
    while True:
        at = 0
        while at < len(missing):
            fewer = missing[:at] + missing[at + size:]
            if holds(fewer, snap):
                missing = fewer
            else:
                at += size
        if size == 1:
            break
        size = max(1, size // 2)
    return missing, snap


def ranges(numbers):
    out, words = [], sorted(n + 1 for n in numbers)
    for n in words:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in out)


def work(task):
    program, path, seed, bends, shrinks, known = task
    found, run = [], 0
    c = Capture(pathlib.Path(path))
    try:
        plain = Told(program, c.file) if c.usable else None
        if not plain or plain.fault:
            return c.name, 0, []
        told = set()
        for number in range(bends):
            how, kept, snap = bend(c, seed, number)
            run += 1
            bent_path = c.file.with_suffix(".bent")
            for key, (severity, summary) in accusations(plain, read_bent(program, c, kept, snap, bent_path)).items():
                if (c.name, key[1]) in known:
                    continue
                row = None
                if shrinks and key not in told:
                    missing, cut = shrink(program, c, kept, snap, bent_path, plain, key)
                    row = f"{c.name}\t{f'snap {cut} ' if cut else ''}drop {ranges(missing)}\t{key[0]}\t{key[1]}"
                told.add(key)
                found.append((c.name, number, how, key[0], key[1], severity, summary, row))
        c.file.with_suffix(".bent").unlink(missing_ok=True)
    finally:
        c.file.unlink()
    return c.name, run, found


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("captures", nargs="+"), ap.add_argument("--known")
    ap.add_argument("--seed", default="1"), ap.add_argument("--bends", type=int, default=10), ap.add_argument("--sample", type=int)
    ap.add_argument("--jobs", type=int, default=1), ap.add_argument("--shrink", action="store_true")
    a = ap.parse_args()
    known = {(w[0], w[2]) for w in (line.split("\t") for line in open(a.known)) if w[1:2] == ["*"]} if a.known else set()
    paths = []
    for given in map(pathlib.Path, a.captures):
        paths += sorted(p for p in given.iterdir() if {".pcap", ".pcapng", ".cap"} & set(p.suffixes)) if given.is_dir() else [given]
    if a.sample:
        paths = random.Random(a.seed).sample(paths, min(a.sample, len(paths)))
    total, found = 0, []
    with multiprocessing.Pool(a.jobs) as pool:
        for name, run, some_found in pool.imap_unordered(work, [(a.program, str(p), a.seed, a.bends, a.shrink, known) for p in paths]):
            total += run
            found += some_found
            for _, number, how, port, rule, severity, summary, row in some_found:
                print(f"{name}, bend {number} ({how}), port {port}: {rule} ({severity}): {summary[:150]}")
                if row:
                    print(f"    {row}", flush=True)
    count = collections.Counter((f[5], f[4]) for f in found)
    for (severity, rule), n in sorted(count.items(), key=lambda x: (ALARMING.index(x[0][0]), -x[1])):
        print(f"{n:6} {severity:9}{rule}")
    by = collections.Counter(f[5] for f in found)
    print(f"{total} bends of {len(paths)} captures: {len({(f[0], f[1]) for f in found})} accuse somebody whom the whole capture does not;"
          f" {by['critical']} critical, {by['error']} errors, {by['warning']} warnings")
    return 1 if found or not total else 0


if __name__ == "__main__":
    sys.exit(main())
