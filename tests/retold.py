#!/usr/bin/env python3
"""The laboratory's captures told another way: what is true of them stays true.

usage: retold.py WIRETALE TRUTH.json [--only TEXT] [--all] [--keep FOLDER]

Every capture is changed in ways that happen on other networks and that no finding may depend on, and is judged by its own
truth as before: IPv6 instead of IPv4, sequence numbers that wrap in the middle, no timestamps, other hop counts, another
day, every packet captured twice, received segments joined or cut small, commands in lower case, acknowledgements missing, the beginning missing
up to the hello, and the round trip long, as seen at the client or at the server. Each capture is told in three of these ways, taking turns; --all: in all.
What cannot be repacked (fragments, tunnels, cut packets), is given keys, or is too long for this, is left out.
"""
import argparse
import ipaddress
import json
import pathlib
import re
import struct
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "support"), str(HERE / "truth")]
sys.dont_write_bytecode = True
import repack  # noqa: E402
import run  # noqa: E402
from repack import ACK, FIN, PSH, RST, SACK, SYN, TIMESTAMPS, WRAP  # noqa: E402

LONGEST, WAYS_EACH = 1500, 3
ROUND_TRIP_NS, JOINED_NS = 20 * 10**6, 10**6
COMMAND = re.compile(rb"(EHLO|HELO|MAIL FROM|RCPT TO|DATA|RSET|NOOP|QUIT|VRFY|STARTTLS|AUTH)\b")
# Sizes, copies and times are what these are about.
ABOUT_SIZE = ("pmtu", "mtu", "loss", "offload", "duplicated", "router-any", "mirror", "state-lost", "fragment", "too-large")


def six(address):
    return address if len(address) == 16 else ipaddress.ip_address("2a02:db8:77::").packed[:12] + address


def ipv6(frames):
    if all(f.tcp and len(f.src) == 4 for f in frames):
        return [f.changed(src=six(f.src), dst=six(f.dst), ident=0) for f in frames]
    return None


def wrapped(frames):
    """Each side's sequence numbers wrap behind a third of what it says."""
    if not all(f.tcp for f in frames):
        return None
    first, last = {}, {}
    for f in frames:
        if f.flags & RST and f.key not in first:
            continue  # it answers a SYN and has no number of its own
        first.setdefault(f.key, f.seq)
        last[f.key] = max(last.get(f.key, 0), (f.seq + len(f.payload) - first[f.key]) % WRAP)
    if any(f.flags & SYN and f.seq != first[f.key] for f in frames if f.key in first) or any(n > 1 << 30 for n in last.values()):
        return None  # a port used again, or nonsense that is meant to be far off

    def shift(key):
        return (WRAP - last[key] // 3 - 1 - first[key]) if key in first else 0

    return [f.changed(seq=f.seq + shift(f.key), ack=f.ack + shift(f.back) if f.flags & ACK else 0,
                      options=[(k, sacks(v, shift(f.back))) if k == SACK else (k, v) for k, v in f.options]) for f in frames]


def sacks(value, by):
    return b"".join(struct.pack("!I", (edge + by) % WRAP) for (edge,) in struct.iter_unpack("!I", value))


def no_timestamps(frames):
    return [f.changed(options=[o for o in f.options if o[0] != TIMESTAMPS]) if f.tcp else f for f in frames]


def far(frames):
    return [f.changed(ttl=f.ttl - 9 - 3 * (f.src > f.dst)) for f in frames] if all(f.ttl > 20 for f in frames) else None


def another_day(frames):
    if any(f.tcp and f.payload[:2] == b"\x16\x03" for f in frames):
        return None  # certificates have their time
    year_2038 = 2147483640 * 10**9
    return [f.changed(time_ns=f.time_ns - frames[0].time_ns + year_2038) for f in frames]


def twice(frames):
    both = frames + [f.changed(time_ns=f.time_ns + 30000, ttl=f.ttl - 1) for f in frames]
    return sorted(both, key=lambda f: f.time_ns)


def joined(frames):
    out = []
    for f in frames:
        p = out[-1] if out else None
        if (p and p.tcp and f.tcp and p.key == f.key and p.payload and f.payload and not (p.flags | f.flags) & (SYN | RST)
                and not p.flags & FIN and p.seq + len(p.payload) == f.seq and p.ack == f.ack
                and f.time_ns - p.time_ns < JOINED_NS and len(p.payload) + len(f.payload) < 60000):
            out[-1] = p.changed(payload=p.payload + f.payload, flags=p.flags | f.flags, window=f.window)
        else:
            out.append(f)
    return out


def small(frames, size=100):
    out = []
    for n, f in enumerate(frames):
        if not f.tcp or len(f.payload) <= size or f.flags & (SYN | RST):
            out.append(f)
            continue
        pieces = range(0, len(f.payload), size)
        step = (frames[n + 1].time_ns - f.time_ns) // (len(pieces) + 1) if n + 1 < len(frames) else 0
        for i, at in enumerate(pieces):
            last = i + 1 == len(pieces)
            out.append(f.changed(payload=f.payload[at:at + size], seq=(f.seq + at) % WRAP, ident=(f.ident + i) % 65536,
                                 time_ns=f.time_ns + i * min(1000, max(step, 0)), flags=f.flags if last else f.flags & ~(FIN | PSH)))
    return out


def lower(frames):
    """Commands that begin a segment; in content such a line would be changed, too, and nobody would mind."""
    return [f.changed(payload=COMMAND.sub(lambda m: m.group().lower(), f.payload, count=1))
            if f.tcp and COMMAND.match(f.payload) else f for f in frames]


def thin(frames):
    """Of the acknowledgements without data those are missing that a later one of the same side goes beyond, as in a capture
    that lost some; the third packet of a handshake as well."""
    out = []
    for n, f in enumerate(frames):
        bare = f.tcp and not f.payload and not f.flags & (SYN | FIN | RST) and f.window and not any(k == SACK for k, _ in f.options)
        after = next((g for g in frames[n + 1:] if g.tcp and g.key == f.key), None) if bare else None
        if not (after and not after.flags & RST and after.window == f.window and 0 < (after.ack - f.ack) % WRAP < WRAP // 2
                and any(g.key == f.key for g in out if g.tcp)):
            out.append(f)
    return out


def begun_later(frames):
    """The capture began behind the greeting of each connection, with the client's hello."""
    if not all(f.tcp for f in frames):
        return None
    pairs = {f.key for f in frames if f.flags & SYN and not f.flags & ACK}
    hellos = {f.key for f in frames if f.payload[:4].upper() in (b"EHLO", b"HELO")}
    if len(pairs) != len(hellos) or not hellos:
        return None
    begun, out = set(), []
    for f in frames:
        if f.payload[:4].upper() in (b"EHLO", b"HELO"):
            begun.add(f.key)
        if f.key in begun or f.back in begun:
            out.append(f)
    return out


def seen_at(client):
    """A longer way to the other side: whenever the speaker changes to it, 20 ms more have gone by."""
    def bend(frames):
        if not all(f.tcp for f in frames) or len({frozenset((f.key, f.back)) for f in frames}) != 1:
            return None
        near = frames[0].key if client else frames[0].back
        out, late, before = [], 0, None
        for f in frames:
            late += ROUND_TRIP_NS * (before is not None and f.key != before and f.key != near)
            before = f.key
            out.append(f.changed(time_ns=f.time_ns + late))
        return out if late < 60 * ROUND_TRIP_NS else None
    return bend


WAYS = {"IPv6": ipv6, "wrapped": wrapped, "no timestamps": no_timestamps, "far": far, "another day": another_day, "twice": twice,
        "joined": joined, "small": small, "lower case": lower, "thin": thin, "begun later": begun_later, "at the client": seen_at(True), "at the server": seen_at(False)}
SIZES = ("twice", "joined", "small")
# The greeting, the way to it or the rhythm of connections decide, or an acknowledgement does.
ABOUT_MORE = {"begun later": ("greeting", "early-talker", "connect", "banner", "proxy", "callouts", "probes", "checks", "reused", "too-large",
                              "state-", "mtu", "broken-stream", "wrong-ports", "long-lines", "server-codes", "postscreen", "reset-injected", "path-outage", "sink-closes"),
              "thin": ("killed-early", "sender-stall")}


def truth_of(capture, path, way):
    told = json.loads(json.dumps(capture))
    told["file"] = path.name
    for session in told["sessions"]:
        if way == "IPv6":
            ip, port = session["client"].rsplit(":", 1)
            session["client"] = f"[{ipaddress.ip_address(six(ipaddress.ip_address(ip).packed))}]:{port}"
        if way == "twice":
            session["forbid"] = [rule for rule in session["forbid"] if rule != "capture-duplicates"]
    return told


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("truth"), ap.add_argument("--only", default="")
    ap.add_argument("--all", action="store_true"), ap.add_argument("--keep")
    a = ap.parse_args()
    truth = pathlib.Path(a.truth).resolve()
    total = good = turn = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(a.keep or folder)
        for capture in json.loads(truth.read_text()):
            path = truth.parent / capture["file"]
            if a.only not in path.name or path.suffix != ".pcap" or capture.get("options"):
                continue
            frames = repack.read(path)
            if not frames or len(frames) > LONGEST:
                continue
            ways = [w for w in WAYS if w not in SIZES or not any(word in path.name for word in ABOUT_SIZE)]
            ways = [w for w in ways if not any(word in path.name for word in ABOUT_MORE.get(w, ()))]
            for way in ways if a.all else [ways[(turn + i) % len(ways)] for i in range(WAYS_EACH)]:
                bent = WAYS[way](frames)
                if bent is None:
                    continue
                out = folder / f"{path.stem}-{way.replace(' ', '-')}.pcap"
                repack.write(out, bent)
                faults = list(run.capture_faults(a.program, folder, truth_of(capture, out, way)))
                total += 1
                good += not faults
                for client, fault in faults[:3]:
                    print(f"{path.name}, {way}: {client}: {fault}")
                if not a.keep:
                    out.unlink()
            turn += WAYS_EACH
    print(f"{good} of {total} captures are told the same way")
    return 0 if total and good == total else 1


if __name__ == "__main__":
    sys.exit(main())
