#!/usr/bin/env python3
"""What tshark reads in TLS handshakes against what wiretale tells of them.

usage: second_opinion.py WIRETALE

Compared for every connection with a ClientHello in tests/../pcaps and in the shared captures ($WIRETALE_SHARED, else
../shared beside the sources; left out where they are not): server name, JA3, JA3S, version, cipher, ALPN of both sides, and
of the server's certificates serial numbers, first and last day, and host names. A connection that only tshark knows is a
fault, too, when it is on a port of mail. Connections where tshark sees several hellos of one side are left out: it has no word for
"the first one". Exit 77 where tshark is not installed; tests/unit/test_fingerprint.c and test_certificate.c hold what must
be true everywhere. tls_differences.txt beside the tests names what differs, and why.
"""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
FIELDS = ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tls.handshake.type", "tls.handshake.ja3",
          "tls.handshake.ja3s", "tls.handshake.extensions_server_name", "tls.handshake.ciphersuite", "x509af.serialNumber",
          "tls.handshake.version", "tls.handshake.extensions.supported_version", "tls.handshake.extensions_alpn_str", "x509af.utcTime",
          "x509af.generalizedTime", "x509ce.dNSName"]
VERSIONS = {"0x0300": "ssl3", "0x0301": "1.0", "0x0302": "1.1", "0x0303": "1.2", "0x0304": "1.3"}
MAIL_PORTS = ("25", "465", "587")


def shared():
    return pathlib.Path(os.environ.get("WIRETALE_SHARED") or TOP.parent / "shared")


def differences():
    path = TOP / "tests" / "tls_differences.txt"
    rows = [line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {(row[0], row[1]) for row in rows}  # file, client port


def listed(text):
    return [t for t in text.split(";") if t]


def tshark(path):
    """{client "address:port": {"ja3", "ja3s", "sni", "cipher", "serials" ...}}"""
    run = subprocess.run(["tshark", "-r", str(path), "-Y", "tls.handshake", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"]
                         + [a for f in FIELDS for a in ("-e", f)], capture_output=True, text=True, timeout=120)
    found = {}
    for line in run.stdout.splitlines():
        (ip, ip6, port, dst, dst6, dport, types, ja3, ja3s, sni, ciphers, serials, version, supported, alpn, utc, general,
         names) = (line.split("\t") + [""] * len(FIELDS))[:len(FIELDS)]
        types = types.split(";")
        here, there = f"{ip or ip6}:{port}", f"{dst or dst6}:{dport}"
        if ";" in here + there:
            continue  # a tunnel: addresses of several layers
        if "1" in types and ja3:
            entry = found.setdefault(here, {"hellos": 0, "serials": [], "dates": [], "names": []})
            entry["hellos"] += 1
            entry.update(ja3=ja3, sni=sni, alpn=listed(alpn), port=dport)
        elif there in found:
            entry = found[there]
            if "2" in types and ja3s:
                entry["answers"] = entry.get("answers", 0) + 1
                chosen = supported or version
                entry.update(ja3s=ja3s, cipher=ciphers, version=VERSIONS.get(chosen, chosen), chosen_alpn=listed(alpn))
            if "11" in types and serials:
                entry["serials"] += [s.replace(":", "").lower().replace("0x", "").lstrip("0") for s in serials.split(";")]
                entry["dates"] += sorted(t[:19].replace(" ", "T") + "Z" for t in listed(utc) + listed(general))
                entry["names"] += listed(names)
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


def compare(want, tls, seen):
    client, server = tls.get("client", {}), tls.get("server", {})
    got = {"ja3": client.get("ja3", ""), "sni": client.get("server_name", ""), "ja3s": server.get("ja3s", ""),
           "cipher": tls.get("cipher_id", ""), "serials": [c.get("serial", "") for c in server.get("certificates", [])],
           "version": tls.get("version", ""), "alpn": client.get("alpn", []), "chosen_alpn": [a for a in [server.get("alpn")] if a],
           "dates": sorted(c[at] for c in server.get("certificates", []) for at in ("not_before", "not_after") if at in c),
           "names": [n for c in server.get("certificates", []) for n in c.get("san", []) if "@" not in n and ":" not in n and not n.replace(".", "").isdigit()]}
    want = dict(want, dates=sorted(want["dates"]))
    seen.update(k for k in got if want.get(k))
    return [f"{k}: tshark {want[k]!r} wiretale {got[k]!r}" for k in got if want.get(k) and want[k] != got[k]]


def main():
    if not shutil.which("tshark"):
        print("no tshark here")
        return 77
    known, agree, faults, seen = differences(), 0, 0, collections.Counter()
    paths = sorted([*(TOP / "pcaps").glob("*tls*.pcap*"), *(TOP / "pcaps" / "tls").glob("*.pcap"), *(TOP / "pcaps" / "lab").glob("*tls*.pcap*"),
                    *(TOP / "pcaps" / "tls-keylog").glob("*.pcap")])
    for folder in ("captures/smtp", "incidents/captures"):
        paths += sorted(p for p in (shared() / folder).glob("*") if p.suffix.startswith((".pcap", ".cap", ".dmp")))
    for path in paths:
        theirs = tshark(path)
        ours = wiretale(sys.argv[1], path) if theirs else {}
        for client in sorted(set(theirs) - set(ours)):
            if theirs[client]["port"] in MAIL_PORTS and (path.name, client.rsplit(":", 1)[1]) not in known:
                faults += 1
                print(path.name, client, "tshark alone knows it")
        for client in sorted(set(theirs) & set(ours)):
            wrong = compare(theirs[client], ours[client], seen)
            if wrong and (path.name, client.rsplit(":", 1)[1]) not in known:
                faults += 1
                print(path.name, client, *wrong, sep="\n    ")
            agree += not wrong
    print(f"{agree} handshakes read alike, {faults} not; compared: " + ", ".join(f"{k} {n}" for k, n in seen.most_common()))
    never = {"ja3", "ja3s", "sni", "cipher", "version", "serials", "dates", "names"} - set(seen)
    if never:
        print("never compared:", *never)
    return 1 if faults or never else 0


if __name__ == "__main__":
    sys.exit(main())
