#!/usr/bin/env python3
"""Bent captures: what was captured badly may not become a story.

usage: bend.py WIRETALE CAPTURE... [--keep FOLDER] [--how parts|packets|lab] [--known FILE]

Each capture is read as it is, then bent: cut to a snap length of 68, with 1 packet in 50 dropped (three different ones in
turn), with every packet doubled, with neighbours swapped, with one direction only, and cut at its beginning and its end, at
a third and two thirds of its packets, and begun behind its first 354. What the laboratory
recorded is bent worse: 1 packet in 10 or in 3 dropped at random, a hole, without the handshakes, cut at many places. It must hold:

  always    no crash; JSON Lines that end in a wiretale.capture record; no session more than there is; never more messages
            accepted than there are; nobody is accused (a finding of warning or worse, but for capture-* ones and those marked
            unproven by confidence low) who is not accused in that session of the unbent capture
  doubled   the same dialogue as unbent, and the same findings
  swapped   each side's dialogue as unbent

A row of the known differences: capture, bend, id of a finding, why the bent packets prove it. Those of the bend * are for
bend_wide.py.
"""
import argparse
import collections
import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))
sys.dont_write_bytecode = True
import capfile  # noqa: E402

ETHERNET = 1
SWAP_NS = 2 * 10**6
ALARMING = ("warning", "error", "critical")
DIALOGUE = ("command", "reply", "content", "chunk", "auth", "tls", "opaque")


def snapped(packets):
    return [capfile.Packet(p.time_ns, p.data[:68], p.wire_len) for p in packets]


def dropped(first):
    return lambda packets: [p for n, p in enumerate(packets) if n % 50 != first]


def doubled(packets):
    return [q for p in packets for q in (p, capfile.Packet(p.time_ns + 20000, p.data, p.wire_len))]


def swapped(packets):
    """Neighbours within 2 ms change places, the times stay where they were: the second came first."""
    out = list(packets)
    for n in range(0, len(out) - 1, 2):
        a, b = out[n], out[n + 1]
        if b.time_ns - a.time_ns < SWAP_NS:
            out[n] = capfile.Packet(a.time_ns, b.data, b.wire_len)
            out[n + 1] = capfile.Packet(b.time_ns, a.data, a.wire_len)
    return out


CLIENT = b"\x02\0\0\0\0\x01"  # craft.py: the sending station of a client's frame


def one_way(client):
    return lambda packets: [p for p in packets if (p.data[6:12] == CLIENT) == client]


def inside_content(packets):
    """Begins with what follows the first 354."""
    return packets[next((n + 1 for n, p in enumerate(packets) if b"354 " in p.data), 0):]


def part(first, last):
    return lambda packets: packets[len(packets) * first // 3:len(packets) * last // 3]


def at_random(seed, one_in):
    def bend(packets):
        dice = random.Random(f"{one_in}/{seed}")
        return [p for p in packets if dice.randrange(one_in)]
    return bend


def hole(seed):
    """Some neighbours are missing."""
    def bend(packets):
        dice = random.Random(seed)
        size = dice.randint(3, 10)
        at = dice.randrange(max(1, len(packets) - size))
        return packets[:at] + packets[at + size:]
    return bend


def until(tenth):
    return lambda packets: packets[:max(1, len(packets) * tenth // 10)]


def since(tenth):
    return lambda packets: packets[len(packets) * tenth // 10:]


def tcp_at(packet):
    """Where the TCP header stands in an Ethernet frame; None: elsewhere, or it is none."""
    kind, ip = packet.data[12:14], packet.data[14:]
    if kind == b"\x08\x00" and len(ip) > 20 and ip[9] == 6:
        return 14 + (ip[0] & 15) * 4
    return 54 if kind == b"\x86\xdd" and len(ip) > 40 and ip[6] == 6 else None


def without_syns(packets):
    return [p for p in packets if tcp_at(p) is None or not p.data[tcp_at(p) + 13] & 2]


def to_mail(client):
    """What goes to a mail port, or what comes from one; ICMP is dropped."""
    def bend(packets):
        places = [(p, tcp_at(p)) for p in packets]
        ports = [(p, int.from_bytes(p.data[at + 2:at + 4], "big")) for p, at in places if at is not None]
        return [p for p, port in ports if (port in (25, 465, 587)) == client]
    return bend


LAB = {"client only": to_mail(True), "server only": to_mail(False), "without handshakes": without_syns,
       **{f"from {n}0 %": since(n) for n in (1, 3, 5)}, **{f"until {n}0 %": until(n) for n in (2, 4, 6, 8, 9)},
       **{f"drop 1 in {n}, seed {seed}": at_random(seed, n) for n in (10, 3) for seed in range(2)},
       "hole": hole(1), "snap 96": lambda packets: [capfile.Packet(p.time_ns, p.data[:96], p.wire_len) for p in packets]}
PARTS = {"client only": one_way(True), "server only": one_way(False), "begun late": part(1, 3), "ended early": part(0, 2),
         "a piece": part(1, 2), "begun inside content": inside_content}
PACKETS = {"snap 68": snapped, "drop 1 in 50": dropped(7), "drop 1 in 50, others": dropped(23),
           "drop 1 in 50, yet others": dropped(0), "doubled": doubled, "swapped": swapped}
BENDS = {"parts": PARTS, "packets": PACKETS, "lab": LAB, None: {**PARTS, **PACKETS}}


class Reading:
    def __init__(self, program, path):
        run = subprocess.run([program, "read", str(path), "--redact", "none", "--steps", "all", "--jsonl", "-"],
                             capture_output=True, timeout=300)
        self.code, self.fault, self.sessions = run.returncode, None, []
        if run.returncode not in (0, 3, 4):
            self.fault = f"exit {run.returncode}: {run.stderr.decode(errors='replace').strip()[-400:]}"
            return
        records = [json.loads(line) for line in run.stdout.splitlines()]
        if run.returncode != 3 and (not records or records[-1]["event"]["dataset"] != "wiretale.capture"):
            self.fault = "no capture record at the end"
        self.sessions = [r for r in records if r["event"]["dataset"] == "wiretale.session"]

    def accepted(self):
        return sum(t["outcome"] == "accepted" for s in self.sessions for t in s.get("smtp", {}).get("transactions", ()))

    def per_address(self):
        return collections.Counter((s["client"]["ip"], s["client"]["port"], s["server"]["port"]) for s in self.sessions)

    def alarms(self):
        """(client, rule) of what accuses somebody."""
        return {(s["client"]["ip"], s["client"]["port"], f["rule"]): f for s in self.sessions for f in s.get("findings", ())
                if f["severity"] in ALARMING and not f["rule"].startswith("capture-")}

    def dialogue(self):
        """What was said, per session, without times and frames."""
        out = {}
        for s in self.sessions:
            key = (s["client"]["ip"], s["client"]["port"], s["server"]["ip"], s["server"]["port"])
            # each side by itself: between the sides steps stand in order of time
            lines = [(x["dir"], x["kind"], x.get("verb"), x.get("code"), x.get("to"), x.get("text"), x.get("bytes"), x.get("lines"), x.get("n"))
                     for x in s.get("steps", ()) if x["kind"] in DIALOGUE]
            out.setdefault(key, []).append(sorted(lines, key=lambda x: x[0]))
        return {key: sorted(told, key=repr) for key, told in out.items()}

    def unordered(self):
        """Sessions in which order decides: which copy of differing bytes came first, which packet was the first at all."""
        return {(s["client"]["ip"], s["client"]["port"], s["server"]["ip"], s["server"]["port"]) for s in self.sessions
                if s.get("tcp", {}).get("handshake") == "missing" or any(x["kind"] == "conflict" for x in s.get("steps", ()))}


def same_findings(reading):
    return sorted((c, p, r) for c, p, r in reading.alarms())


def judge(plain, bent, how):
    if bent.fault:
        yield bent.fault
        return
    if bent.accepted() > plain.accepted():
        yield f"{bent.accepted()} messages accepted, there are {plain.accepted()}"
    for key, count in bent.per_address().items():
        if count > plain.per_address().get(key, 0):
            yield f"{count} sessions of {key[0]}:{key[1]}, there are {plain.per_address().get(key, 0)}"
    known = plain.alarms()
    accused = {(ip, port, f["points_to"]) for (ip, port, _), f in known.items()}
    for key, finding in bent.alarms().items():
        if key not in known and (*key[:2], finding["points_to"]) not in accused and finding.get("confidence") != "low":
            yield f"invented: {key[2]} ({finding['severity']}, {finding.get('confidence')}) of {key[0]}:{key[1]}: {finding.get('summary', '')[:120]}"
    if how in ("doubled", "swapped") and bent.dialogue() != plain.dialogue():
        for key, told in plain.dialogue().items():
            if how == "swapped" and key in plain.unordered():
                continue
            other = bent.dialogue().get(key, [])
            if told != other:
                pairs = list(zip(sum(told, []), sum(other, [])))
                first = next((p for p in pairs if p[0] != p[1]), (len(sum(told, [])), len(sum(other, []))))
                yield f"another dialogue of {key[0]}:{key[1]}: {first[0]} became {first[1]}"
    if how == "doubled" and same_findings(bent) != same_findings(plain):
        yield f"other findings: {set(same_findings(bent)) ^ set(same_findings(plain))}"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("captures", nargs="+"), ap.add_argument("--keep")
    ap.add_argument("--how", choices=("parts", "packets", "lab")), ap.add_argument("--known")
    a = ap.parse_args()
    known = [line.split("\t")[:3] for line in open(a.known)] if a.known else []
    unused = {tuple(k) for k in known if not k[0].startswith("#") and k[1] != "*"}
    total = good = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(a.keep or folder)
        for path in map(pathlib.Path, a.captures):
            name = path.name
            if path.suffix == ".gz":
                (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
                path = folder / path.stem
            linktype, packets = capfile.read(path)
            if len({p.linktype for p in packets}) > 1:
                continue
            plain = Reading(a.program, path)
            for how, bend in BENDS[a.how].items():
                if how.endswith(" only") and linktype != ETHERNET:
                    continue
                total += 1
                bent = folder / f"{path.stem}-{how.replace(' ', '-').replace(',', '')}.pcap"
                capfile.write_pcap(bent, bend(packets), linktype, nano=True)
                faults = [plain.fault] if plain.fault else list(judge(plain, Reading(a.program, bent), how))
                for rule in [k for k in unused | set(map(tuple, known)) if list(k[:2]) == [name, how]]:
                    if any(f.startswith(f"invented: {rule[2]} ") for f in faults):
                        unused.discard(rule)
                        faults = [f for f in faults if not f.startswith(f"invented: {rule[2]} ")]
                good += not faults
                for fault in faults[:3]:
                    print(f"{name}, {how}: {fault}")
                if not a.keep:
                    bent.unlink()
    for row in sorted(unused):
        print(f"{', '.join(row)}: known, and told no more")
    print(f"{good} of {total} bent captures invent nothing")
    return 0 if total and good == total and not unused else 1


if __name__ == "__main__":
    sys.exit(main())
