#!/usr/bin/env python3
"""nDPI's reading of TLS hellos beside ours: they agree on every capture there is, and what hangs nDPI 4.2 does not reach it.

usage: ndpi_opinion.py WIRETALE

Agreement: every capture in pcaps/, pcaps/tls and pcaps/lab with TLS, and the shared ones where they are ($WIRETALE_SHARED,
else ../shared beside the sources), read with -v: no session may be told as read otherwise, and those of implicit TLS whose
ClientHello was read must be named TLS. Without -v and with --no-ndpi nothing is asked.

The hang: one TLS record of 65,525 octets with a certificate whose list of names begins where nDPI's 16-bit index wraps, in
segments of 9,000 octets and in one packet, behind hellos and without them, on the ports of mail and elsewhere.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "support"))
sys.dont_write_bytecode = True
import craft  # noqa: E402

OTHERWISE = "reads the TLS hellos otherwise"
MAIL, ALL = "25,465,587", "25,465,587,443,993,995,8443,4433"
SECONDS = 30


def read(program, path, *options):
    run = subprocess.run([program, "read", "--no-config", str(path), "--redact", "none", "--steps", "none", "--jsonl", "-", *options],
                         capture_output=True, timeout=SECONDS)
    sessions = [json.loads(line) for line in run.stdout.splitlines() if line.strip()]
    said = run.stderr.decode(errors="replace")
    if run.returncode not in (0, 1, 2, 3, 4) or "Sanitizer" in said:
        sys.exit(f"{path}: exit {run.returncode}\n{said[-2000:]}")
    return [s for s in sessions if s["event"]["dataset"] == "wiretale.session"], said


def captures():
    shared = pathlib.Path(os.environ.get("WIRETALE_SHARED") or TOP.parent / "shared")
    for folder in (TOP / "pcaps", TOP / "pcaps" / "tls", TOP / "pcaps" / "lab", shared / "captures" / "smtp",
                   shared / "captures" / "formats", shared / "incidents" / "captures"):
        for path in sorted(folder.glob("*")):
            if path.suffix.startswith((".pcap", ".cap", ".dmp")) and (folder.name != "pcaps" or "tls" in path.name):
                yield path


def agreement(program, asks):
    faults = hellos = named = implicit = 0
    for path in captures():
        sessions, said = read(program, path, "-v", "--ports", ALL)
        for line in said.splitlines():
            if OTHERWISE in line:
                faults += 1
                print(path.name, line)
        tls = [s for s in sessions if s.get("tls", {}).get("client", {}).get("ja3")]
        hellos += len(tls)
        implicit += sum(s["smtp"]["tls"] == "implicit" for s in tls)
        named += sum(s["smtp"]["tls"] == "implicit" and s["network"].get("ndpi") == "TLS" for s in tls)
    print(f"{hellos} sessions with a ClientHello, {faults} read otherwise; {named} of {implicit} of implicit TLS named TLS")
    if asks and named < implicit * 9 // 10:
        faults += 1
        print("FAIL too few were asked about")
    path = TOP / "pcaps" / "tls" / "certificates.pcap"
    for options, expected in ((("-v",), asks), ((), False), (("-v", "--no-ndpi"), False)):
        told = any(s["network"].get("ndpi") == "TLS" for s in read(program, path, *options)[0])
        if told != expected:
            faults += 1
            print(f"FAIL {' '.join(options) or 'without options'}: nDPI was {'' if told else 'not '}asked")
    return faults


def endless():
    """A whole record; the length of its list of names, 127 octets, carries a 16-bit index over its end. Behind hellos, in segments
    of 9,000 octets, nDPI 4.2 itself never returns from it. tests/unit/test_classify.c has the same bytes."""
    head = bytes.fromhex("160303fff0 0b00ffec 00ffe9 00ffe6 3082ffe2")
    names = bytes.fromhex("551d11 0401 30ff")
    whole = bytearray(head + bytes(65525 - len(head)))
    whole[-100:-100 + len(names)] = names
    return bytes(whole)


def hang(program, folder):
    count = 0
    for port in (465, 587, 25, 2525):
        for size in (9000, 1400, 65000):
            for begins in ("hellos", "starttls", "nothing"):
                net = craft.Net()
                c = net.tcp("192.0.2.10", "198.51.100.25", sport=40000, dport=port, mss=65000).open()
                if begins == "starttls":
                    c.server("220 mx.example.com ESMTP").client("EHLO a.example.org").server("250 STARTTLS")
                    c.client("STARTTLS").server("220 go")
                if begins != "nothing":
                    c.client(craft.client_hello(), ack=False).server(craft.server_hello(), ack=False)
                c.server(endless(), size=size, ack=False)
                c.client(endless(), size=size, ack=False)
                path = folder / f"endless-{port}-{size}-{begins}.pcap"
                net.write(str(path))
                _, said = read(program, path, "-v")
                count += 1
                if OTHERWISE in said:
                    print(f"FAIL {path.name}: {said.strip()}")
                    return 1
    print(f"{count} captures of what hangs nDPI, each read in time")
    return 0


def main():
    program = sys.argv[1]
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        faults = hang(program, pathlib.Path(folder)) + agreement(program, "nDPI 4.2" in version)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
