#!/usr/bin/env python3
"""Single packets missing: what was wrongly told of a capture once, row by row of bent.tsv.

usage: bent.py WIRETALE TREE [NAME...]

A row: capture, how it is bent, client's port ("-": over all sessions), what must not be told of that session. Bends: "drop 3 7-9" leaves these frames
out, "snap N", "until N" keeps the first N frames, "swap N" lets frame N + 1 come first, "client" and "server" keep what that
side sent. Not to be told: the id of a finding of warning or worse that is not unproven ("id@client": that it points there), or "accepted", "rejected", "aborted":
a mail with this outcome.
"""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "support"))
sys.dont_write_bytecode = True
import capfile  # noqa: E402


def frames(words):
    out = set()
    for word in words:
        first, _, last = word.partition("-")
        out.update(range(int(first), int(last or first) + 1))
    return out


def bent(packets, how, port):
    word, *rest = how.split()
    if word == "drop":
        return [p for n, p in enumerate(packets, 1) if n not in frames(rest)]
    if word == "until":
        return packets[:int(rest[0])]
    if word == "snap":
        return [capfile.Packet(p.time_ns, p.data[:int(rest[0])], p.wire_len) for p in packets]
    if word == "swap":
        out = list(packets)
        for n in frames(rest):
            a, b = out[n - 1], out[n]
            out[n - 1], out[n] = capfile.Packet(a.time_ns, b.data, b.wire_len), capfile.Packet(b.time_ns, a.data, a.wire_len)
        return out
    # Ethernet and IPv4 without options, or IPv6: where the ports stand
    at = [34 if p.data[12:14] == b"\x08\x00" else 54 for p in packets]
    from_client = [int.from_bytes(p.data[i:i + 2], "big") == port for p, i in zip(packets, at)]
    return [p for p, c in zip(packets, from_client) if c == (word == "client")]


def told(program, path, port):
    """What is told of the sessions of this client, or over all: ids of findings, outcomes of mails."""
    run = subprocess.run([program, "read", str(path), "--steps", "none", "--jsonl", "-"], capture_output=True, timeout=60)
    if run.returncode not in (0, 3, 4):
        return {f"exit {run.returncode}: {run.stderr.decode(errors='replace')[-300:]}"}
    out = set()
    for r in map(json.loads, run.stdout.splitlines()):
        if r["event"]["dataset"] == "wiretale.finding" and not port:
            f = r["smtp"]["finding"]
            out |= {r["event"]["action"]} if f["severity"] in ("warning", "error", "critical") and f["confidence"] != "low" else set()
        if r["event"]["dataset"] == "wiretale.session" and r["client"]["port"] == port:
            alarms = [f for f in r["findings"] if f["severity"] in ("warning", "error", "critical") and f["confidence"] != "low"]
            out |= {f["rule"] for f in alarms} | {f["rule"] + "@" + f["points_to"] for f in alarms}
            out |= {t["outcome"] for t in r["smtp"].get("transactions", ())}
    return out


def main():
    program, tree, names = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    rows = [line.split("\t") for line in (HERE / "bent.tsv").read_text().splitlines() if line and not line.startswith("#")]
    good = total = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "bent.pcap"
        for name, how, port, forbidden in rows:
            if names and not any(n in name for n in names):
                continue
            total += 1
            port = 0 if port == "-" else int(port)
            source = tree / "pcaps" / name
            if source.suffix == ".gz":
                path.write_bytes(gzip.decompress(source.read_bytes()))
                source = path
            linktype, packets = capfile.read(source)
            capfile.write_pcap(path, bent(packets, how, port), linktype, nano=True)
            wrong = {t for t in told(program, path, port) if t in forbidden.split() or t.startswith("exit")}
            good += not wrong
            if wrong:
                print(f"{name}, {how}: {', '.join(sorted(wrong))} of the client's port {port or '-'}")
    print(f"{good} of {total} bent captures tell nothing that they do not prove")
    return 0 if total and good == total else 1


if __name__ == "__main__":
    sys.exit(main())
