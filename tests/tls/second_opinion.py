#!/usr/bin/env python3
"""What tshark reads in TLS handshakes against what wiretale tells of them.

usage: second_opinion.py WIRETALE

Compared for every connection with a ClientHello in tests/../pcaps and in the shared captures ($WIRETALE_SHARED, else
../shared beside the sources; left out where they are not): server name, JA3, JA3S, version, cipher, and the serial numbers
of the server's certificates. Connections where tshark sees several hellos of one side are left out: it has no word for
"the first one". Exit 77 where tshark is not installed; tests/unit/test_fingerprint.c and test_certificate.c hold what must
be true everywhere. tls_differences.txt beside the tests names what differs, and why.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
FIELDS = ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tls.handshake.type", "tls.handshake.ja3",
          "tls.handshake.ja3s", "tls.handshake.extensions_server_name", "tls.handshake.ciphersuite", "x509af.serialNumber"]


def shared():
    return pathlib.Path(os.environ.get("WIRETALE_SHARED") or TOP.parent / "shared")


def differences():
    path = TOP / "tests" / "tls_differences.txt"
    rows = [line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {(row[0], row[1]) for row in rows}  # file, client port


def tshark(path):
    """{client "address:port": {"ja3", "ja3s", "sni", "cipher", "serials"}}"""
    run = subprocess.run(["tshark", "-r", str(path), "-Y", "tls.handshake", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"]
                         + [a for f in FIELDS for a in ("-e", f)], capture_output=True, text=True, timeout=120)
    found = {}
    for line in run.stdout.splitlines():
        ip, ip6, port, dst, dst6, dport, types, ja3, ja3s, sni, ciphers, serials = (line.split("\t") + [""] * len(FIELDS))[:len(FIELDS)]
        types = types.split(";")
        here, there = f"{ip or ip6}:{port}", f"{dst or dst6}:{dport}"
        if ";" in here + there:
            continue  # a tunnel: addresses of several layers
        if "1" in types and ja3:
            entry = found.setdefault(here, {"hellos": 0, "serials": []})
            entry["hellos"] += 1
            entry.update(ja3=ja3, sni=sni)
        elif there in found:
            entry = found[there]
            if "2" in types and ja3s:
                entry["answers"] = entry.get("answers", 0) + 1
                entry.update(ja3s=ja3s, cipher=ciphers)
            if "11" in types and serials:
                entry["serials"] += [s.replace(":", "").lower().replace("0x", "").lstrip("0") for s in serials.split(";")]
    return {k: v for k, v in found.items() if v["hellos"] == 1 and v.get("answers", 1) == 1}


def wiretale(program, path):
    run = subprocess.run([program, "read", str(path), "--redact", "none", "--steps", "none", "--jsonl", "-"],
                         capture_output=True, timeout=300)
    found = {}
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["event"]["dataset"] == "wiretale.session":
            found.setdefault(f"{record['client']['ip']}:{record['client']['port']}", []).append(record.get("tls"))
    return {k: v[0] for k, v in found.items() if len(v) == 1 and v[0]}


def compare(want, tls):
    client, server = tls.get("client", {}), tls.get("server", {})
    got = {"ja3": client.get("ja3", ""), "sni": client.get("server_name", ""), "ja3s": server.get("ja3s", ""),
           "cipher": tls.get("cipher_id", ""), "serials": [c.get("serial", "") for c in server.get("certificates", [])]}
    return [f"{k}: tshark {want[k]!r} wiretale {got[k]!r}" for k in got if want.get(k) and want[k] != got[k]]


def main():
    if not shutil.which("tshark"):
        print("no tshark here")
        return 77
    known, agree, faults = differences(), 0, 0
    paths = sorted((TOP / "pcaps").glob("*tls*.pcap*"))
    for folder in ("captures/smtp", "incidents/captures"):
        paths += sorted(p for p in (shared() / folder).glob("*") if p.suffix.startswith((".pcap", ".cap", ".dmp")))
    for path in paths:
        theirs = tshark(path)
        ours = wiretale(sys.argv[1], path) if theirs else {}
        for client in sorted(set(theirs) & set(ours)):
            wrong = compare(theirs[client], ours[client])
            if wrong and (path.name, client.rsplit(":", 1)[1]) not in known:
                faults += 1
                print(path.name, client, *wrong, sep="\n    ")
            agree += not wrong
    print(f"{agree} handshakes read alike, {faults} not")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
