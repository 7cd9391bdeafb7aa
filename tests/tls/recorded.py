#!/usr/bin/env python3
"""What wiretale tells of real handshakes against what tshark 4.0.17 told of them when they were recorded.

usage: recorded.py WIRETALE

The handshakes are those of captures/formats in the shared captures ($WIRETALE_SHARED, else ../shared beside the sources);
what tshark told stands in captures/tls.json there: SSL 3 to TLS 1.3, drafts, GREASE, split hellos, most of them no mail.
Compared: server name, JA3, ALPN offered, and where a ServerHello was seen version, cipher and JA3S, and the serial numbers of
certificates. What differs must stand in tests/tls_differences.txt, and what stands there must differ. Exit 77 where
there are no shared captures.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
VERSIONS = {"0x0300": "ssl3", "0x0301": "1.0", "0x0302": "1.1", "0x0303": "1.2", "0x0304": "1.3"}


def known_differences():
    rows = [line.split("\t") for line in (TOP / "tests" / "tls_differences.txt").read_text().splitlines() if line and line[0] != "#"]
    return {(row[0], row[1]) for row in rows}


def serial(text):
    return text.lower().replace(":", "").replace("0x", "").lstrip("0")


def told(program, path, ports):
    run = subprocess.run([program, "read", str(path), "--no-config", "--ports", ",".join(ports), "--redact", "none", "--steps", "none", "--jsonl", "-"],
                         capture_output=True, timeout=120)
    found = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["event"]["dataset"] == "wiretale.session" and record.get("tls"):
            found[f"{record['client']['ip']}:{record['client']['port']}"].append(record["tls"])
    return found


def pairs(want, tls):
    """What tshark told, and what we tell, field by field."""
    client, server = tls.get("client", {}), tls.get("server", {})
    yield "server name", want.get("sni", "").lower(), client.get("server_name", "").lower()
    for name, ours in (("ja3", client.get("ja3")), ("alpn", client.get("alpn"))):
        if want.get(name):
            yield name, want[name], ours
    if not want.get("cipher"):
        yield "ServerHello", None, tls.get("cipher_id")
    else:
        yield "version", VERSIONS.get(want["version"], want["version"]), tls.get("version")
        yield "cipher", int(want["cipher"], 16), int(tls.get("cipher_id", "0"), 16)
        if want.get("ja3s"):
            yield "ja3s", want["ja3s"], server.get("ja3s")
    if want.get("serials"):
        yield "serials", [serial(s) for s in want["serials"]], [serial(c.get("serial", "")) for c in server.get("certificates", ())]


def main():
    shared = pathlib.Path(os.environ.get("WIRETALE_SHARED") or TOP.parent / "shared")
    recorded = shared / "captures" / "tls.json"
    if not recorded.exists():
        print("no shared captures here")
        return 77
    known, differing, agree, faults = known_differences(), set(), 0, []
    for name, wanted in sorted(json.loads(recorded.read_text()).items()):
        path = shared / "captures" / "formats" / name
        ports = sorted({w["server"].rsplit(":", 1)[1] for w in wanted}, key=int)
        ours = told(sys.argv[1], path, ports) if path.exists() else {}
        for want in wanted if path.exists() else ():
            tries = [[f"{n}: tshark {a!r} wiretale {b!r}" for n, a, b in pairs(want, t) if a != b] for t in ours.get(want["client"], ())]
            wrong = min(tries, key=len, default=["no TLS session"])
            here = (name, want["client"].rsplit(":", 1)[1])
            agree += not wrong
            if wrong:
                differing.add(here)
            if wrong and here not in known:
                faults.append(f"{name} {want['client']}: " + "; ".join(wrong))
    faults += [f"{name} {port}: stands in tls_differences.txt, and agrees" for name, port in sorted(known - differing)]
    print(*faults, f"{agree} handshakes are read as recorded, {len(differing)} otherwise, {len(faults)} of them unexplained", sep="\n")
    return 1 if faults or not agree else 0


if __name__ == "__main__":
    sys.exit(main())
