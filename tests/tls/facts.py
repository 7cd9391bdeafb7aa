#!/usr/bin/env python3
"""Everything a handshake tells is told: made handshakes, each with one thing in it, against what must stand in the report.

usage: facts.py WIRETALE WORK

A case is what the client and the server send, in turns; what must be told, by its place in the session's record (a place
that must be empty has None); and a near miss: the ordinary handshake below, where none of it may be told. Each is read as it
is, in segments of one octet, and with both sides' records cut at every octet into records of their own, where they hold
messages in clear: the same facts each time.
"""
import hashlib
import json
import pathlib
import struct
import subprocess
import sys

WIRETALE, WORK = sys.argv[1:3]
TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "tests" / "support"), str(TOP / "pcaps" / "tls")]
sys.dont_write_bytecode = True
import segments  # noqa: E402
import x509  # noqa: E402
from capfile import write_pcap  # noqa: E402
from craft import C, S, Net, filler, handshake, record  # noqa: E402
from handshakes import (AES13, CCS, GCM, GCM_RSA, client_hello, data, extension, finish12, flight12, flight13, hello13, key_exchange, server_hello,  # noqa: E402
                        server_hello13, vector)

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def done12(client=CCS + record(22, filler(9, 40)), server=CCS + record(22, filler(11, 40))):
    return (C, client), (S, server), (C, record(23, filler(1, 60))), (S, record(23, filler(2, 60)))


ORDINARY = ((C, client_hello()), (S, flight12()), (C, key_exchange()), *done12())


def hello(extensions=b"", ciphers=(GCM, GCM_RSA), version=0x0303, session=b"", compression=b"\0"):
    body = struct.pack(">H", version) + filler(1, 32) + vector(session, 1) + vector(b"".join(struct.pack(">H", c) for c in ciphers))
    return record(22, handshake(1, body + vector(compression, 1) + (vector(extensions) if extensions else b"")), 0x0301)


def answer(extensions=b"", version=0x0303, cipher=GCM, session=b"", random=None, compression=0):
    body = struct.pack(">H", version) + (random or filler(2, 32)) + vector(session, 1) + struct.pack(">HB", cipher, compression)
    return record(22, handshake(2, body + (vector(extensions) if extensions else b"")), min(version, 0x0303))


def ssl2_hello():
    """Length with the high bit, CLIENT-HELLO, version, ciphers of three octets, no session, a challenge. RFC 5246 appendix E.2."""
    ciphers, challenge = bytes.fromhex("0000 2f 0000 35 010080 00c0 13".replace(" ", "")), filler(5, 16)
    body = b"\1\3\3" + struct.pack(">HHH", len(ciphers), 0, len(challenge)) + ciphers + challenge
    return struct.pack(">H", 0x8000 | len(body)) + body


def negotiated(version, name, cipher=0x002F):
    if version == 0x7F17:  # draft 23 of 1.3
        offer, chosen = extension(43, b"\2\x7f\x17"), extension(43, b"\x7f\x17") + extension(51, struct.pack(">H", 29) + vector(filler(3, 32)))
        return f"version {name}", ((C, hello(offer, (AES13,))), (S, answer(chosen, cipher=AES13))), {"version": name, "cipher_id": "0x1301"}
    return f"version {name}", ((C, hello(version=version)), (S, answer(version=version, cipher=cipher))), {"version": name, "cipher_id": "0x002f"}


OWN, OTHER = x509.leaf(), x509.leaf("client.example", serial=0xBEEF, key=x509.POINT)
REQUEST = record(22, handshake(13, b"\2\1\x40" + vector(b"\4\1") + vector(b"")))
DONE = record(22, handshake(14, b""))


def chain(*certificates):
    return record(22, handshake(11, vector(b"".join(vector(c, 3) for c in certificates), 3)))


def staple():
    return record(22, handshake(22, b"\1" + vector(b"\x30\3\x0a\1\0", 3)))


CASES = [
    ("an ordinary handshake", ORDINARY, {"version": "1.2", "cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "client.server_name": "mx.example.com",
                                         "client.versions": ["1.2"], "server.group": "secp256r1", "established": True, "resumed": False,
                                         "alerts": None, "missing": None}),
    ("SSL 2's form", ((C, ssl2_hello()), (S, flight12()), (C, key_exchange()), *done12()), {"client.ssl2_hello": True, "client.versions": ["1.2"], "version": "1.2"}),
    negotiated(0x0300, "ssl3"), negotiated(0x0301, "1.0"), negotiated(0x0302, "1.1"), negotiated(0x0303, "1.2"), negotiated(0x7F17, "0x7f17"),
    ("version 1.3", ((C, hello13()), (S, flight13()), (C, CCS + record(23, filler(7, 53)))), {"version": "1.3", "cipher": "TLS_AES_128_GCM_SHA256", "client.versions": ["1.3", "1.2"],
                                                                                           "established": True, "server.certificates": None}),
    ("HelloRetryRequest", ((C, hello13()), (S, answer(extension(43, b"\3\4") + extension(51, b"\0\x17"), cipher=AES13, random=RETRY)), (C, hello13("other.example", seed=4)),
                           (S, flight13())), {"hello_retry": True, "client.server_name": "mx.example.com", "version": "1.3"}),
    ("GREASE", ((C, hello(extension(0x1A1A, b"") + extension(10, vector(struct.pack(">HHH", 0x2A2A, 29, 23))) + extension(43, b"\6\x3a\x3a\3\4\3\3") +
                          extension(13, vector(b"\4\3\x4a\x4a")), (0x0A0A, AES13, GCM))), (S, server_hello13())),
     {"client.groups": ["x25519", "secp256r1"], "client.versions": ["1.3", "1.2"], "client.signatures": ["ecdsa_secp256r1_sha256"]}),
    ("ALPN, chosen", ((C, hello(extension(16, vector(b"\4smtp\2h2")))), (S, answer(extension(16, vector(b"\4smtp"))))), {"client.alpn": ["smtp", "h2"], "server.alpn": "smtp"}),
    ("a session ticket", ((C, hello(extension(35, filler(6, 40)))), (S, flight12())), {"client.ticket": True}),
    ("a pre-shared key and early data", ((C, hello(extension(43, b"\2\3\4") + extension(51, vector(struct.pack(">H", 29) + vector(filler(1, 32)))) + extension(42, b"") +
                                              extension(41, vector(vector(filler(7, 20)) + bytes(4)) + vector(vector(filler(8, 32), 1))), (AES13,))),
                                         (C, CCS + record(23, filler(9, 80))), (S, server_hello13())),
     {"client.pre_shared_key": True, "client.early_data": True, "established": False}),
    ("an encrypted hello", ((C, hello(extension(0xFE0D, filler(2, 60)))), (S, flight12())), {"client.encrypted_hello": True}),
    ("compression", ((C, hello(compression=b"\1\0")), (S, answer(compression=1))), {"client.compression": True, "server.compression": True}),
    ("resumed", ((C, hello(session=b"\7" * 32)), (S, answer(session=b"\7" * 32) + CCS + record(22, filler(3, 40))), (C, CCS + record(22, filler(4, 40)))),
     {"resumed": True, "established": True}),
    ("a client certificate asked for, and shown", ((C, client_hello()), (S, flight12(request=True)), (C, chain(OTHER) + key_exchange()), *done12()),
     {"server.certificate_requested": True, "client.certificates.0.subject": "CN=client.example", "client.certificates.0.serial": "beef",
      "client.certificates.0.key": "EC 256"}),
    ("a client certificate asked for, and not shown", ((C, client_hello()), (S, flight12(request=True)), (C, chain() + key_exchange()), *done12()),
     {"server.certificate_requested": True, "client.certificates": []}),
    ("an OCSP staple", ((C, hello(extension(5, b"\1\0\0\0\0"))), (S, server_hello() + chain(OWN) + staple() + DONE)), {"server.ocsp_staple": True}),
    ("a certificate", ((C, client_hello()), (S, flight12(chain=(OWN, x509.ISSUER)))),
     {"server.certificates.0.subject": "CN=mx.example.com", "server.certificates.0.issuer": "CN=Example Issuer,O=Example Authority",
      "server.certificates.0.san": ["mx.example.com"], "server.certificates.0.not_before": "2026-01-01T00:00:00Z",
      "server.certificates.0.not_after": "2027-01-01T00:00:00Z", "server.certificates.0.serial": "1234", "server.certificates.0.key": "RSA 2048",
      "server.certificates.0.signature": "sha256WithRSAEncryption", "server.certificates.0.sha256": hashlib.sha256(OWN).hexdigest(),
      "server.certificates.1.sha256": hashlib.sha256(x509.ISSUER).hexdigest(), "server.certificates.0.self_signed": False}),
    ("renegotiated", (*ORDINARY, (C, record(22, filler(3, 120))), (S, record(22, filler(4, 900)))), {"renegotiated": True}),
    ("a fatal alert by the client", ((C, client_hello()), (S, flight12()), (C, record(21, b"\2\x30"))),
     {"alerts": [{"dir": "c", "level": "fatal", "description": "unknown_ca", "encrypted": False}], "established": False, "missing": "client-finished"}),
    ("a warning by the server", ((C, client_hello()), (S, record(21, b"\1\x70") + flight12())), {"alerts": [{"dir": "s", "level": "warning", "description": "unrecognized_name", "encrypted": False}]}),
    ("an alert nobody can read", (*ORDINARY, (C, record(21, filler(5, 26)))), {"alerts": [{"dir": "c", "encrypted": True}]}),
    ("no answer to the hello", ((C, client_hello()),), {"missing": "server-hello", "established": False}),
    ("a flight that ends early", ((C, client_hello()), (S, server_hello())), {"missing": "server-flight", "established": False}),
    ("a prime of 1024 bits", ((C, hello(ciphers=(0x009E,))), (S, flight12(cipher=0x009E, prime=1024))), {"server.dh_bits": 1024}),
]
FAULTS = []


def at(tls, place):
    for word in place.split("."):
        if tls is None:
            return None
        tls = (tls[int(word)] if int(word) < len(tls) else None) if word.isdigit() else tls.get(word)
    return tls


def in_small_records(part):
    """Handshake records in clear, until the ChangeCipherSpec, as records of one octet."""
    out, place = b"", 0
    while place + 5 <= len(part):
        kind, _, size = struct.unpack(">BHH", part[place:place + 5])
        if kind != 22:
            return out + part[place:]
        for octet in part[place + 5:place + 5 + size]:
            out += part[place:place + 3] + b"\0\1" + bytes([octet])
        place += 5 + size
    return out + part[place:]


def packets(turns, small):
    net = Net()
    c = net.tcp("192.0.2.10", "198.51.100.25", dport=465).open()
    hidden = set()
    for side, part in turns:
        cut = small and side not in hidden and part[:1] in b"\x16\x14\x15\x17"
        c.say(side, in_small_records(part) if cut else part)
        if CCS in part:
            hidden.add(side)
    c.close(C)
    return net.packets()


def read(made):
    path = pathlib.Path(WORK) / "made.pcap"
    write_pcap(path, made)
    run = subprocess.run([WIRETALE, "read", str(path), "--no-config", "--redact", "none", "--jsonl", "-"], capture_output=True, text=True)
    records = [json.loads(line) for line in run.stdout.splitlines()]
    sessions = [r for r in records if r["event"]["dataset"] == "wiretale.session"]
    return sessions[0].get("tls", {}) if len(sessions) == 1 else {"error": run.stderr}


def main():
    ordinary = read(packets(ORDINARY, False))
    shown = 0
    for label, turns, wanted in CASES:
        for how, made in (("as it is", packets(turns, False)), ("octet by octet", segments.split(1)(packets(turns, False))),
                          ("in records of one octet", packets(turns, True))):
            tls = read(made)
            for place, value in wanted.items():
                shown += 1
                if at(tls, place) != value:
                    FAULTS.append(f"{label}, {how}: {place} is {at(tls, place)!r}, not {value!r}")
        for place, value in wanted.items():
            if value is True and place not in ("established",) and at(ordinary, place):
                FAULTS.append(f"{place} is told of an ordinary handshake")
    print(*FAULTS, f"{len(CASES)} handshakes, {shown} facts, {len(FAULTS)} wrong", sep="\n")
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
