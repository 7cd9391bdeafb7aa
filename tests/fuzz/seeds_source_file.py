#!/usr/bin/env python3
"""Make the seed corpus of fuzz_source_file: one small file of each kind, always the same.

usage: seeds_source_file.py        (writes tests/fuzz/corpus/source_file/seed-*)
"""
import gzip
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "corpus" / "source_file"
TOOLS = HERE.parent / "formats" / "packed"


def pcap(order="<", magic=0xA1B2C3D4, link=1, packets=((1, 2, b"abcd", 4), (3, 4, b"efg", 9)), pad=b""):
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, link)
    for seconds, part, data, wire in packets:
        out += struct.pack(order + "IIII", seconds, part, len(data), wire) + pad + data
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def option(order, kind, value):
    return struct.pack(order + "HH", kind, len(value)) + value + bytes(-len(value) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link=1, snaplen=65535, options=b""):
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + options)


def packet(order, index, ticks, data, wire):
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire)
    return block(order, 6, head + data)


def pcapng(order):
    nano = option(order, 9, b"\x09") + option(order, 14, struct.pack(order + "q", 5)) + bytes(4)
    drops = option(order, 5, struct.pack(order + "Q", 3)) + option(order, 7, struct.pack(order + "Q", 4))
    return (section(order) + interface(order) + interface(order, 101, 3, nano)
            + packet(order, 0, 16000001, b"abcde", 9) + packet(order, 1, 1 << 60, b"ip4", 3)
            + block(order, 0x1234, b"passed over") + block(order, 3, struct.pack(order + "I", 3) + b"hey")
            + block(order, 2, struct.pack(order + "HHIIII", 1, 7, 0, 9, 2, 2) + b"ol")
            + block(order, 5, struct.pack(order + "III", 0, 0, 0) + drops))


def packed(data):
    return gzip.compress(data, mtime=0)


SEEDS = {
    "pcap": pcap(),
    "pcap-big-endian": pcap(">"),
    "pcap-nano": pcap(magic=0xA1B23C4D, link=101),
    "pcap-long-headers": pcap(magic=0xA1B2CD34, pad=bytes(8)),
    "pcap-cut": pcap()[:-2],
    "pcap-absurd": pcap() + b"\xff" * 40,
    "pcap-twice": pcap() + pcap(),
    "pcapng": pcapng("<"),
    "pcapng-big-endian": pcapng(">"),
    "pcapng-both": pcapng("<") + pcapng(">"),
    "pcapng-cut": pcapng("<")[:-7],
    "gzip": packed(pcap()),
    "gzip-pcapng": packed(pcapng("<")),
    "gzip-members": packed(pcap()[:30]) + packed(pcap()[30:]) + bytes(9),
    "gzip-cut": packed(pcap())[:-9],
    "text": b"Mar 10 14:12:11 mx1 postfix/smtpd[311]: \x1b[2J connect\n",
    "pcap-modified-12": pcap(magic=0xA1B2CD34, pad=bytes(12)),
    "pcap-nokia": pcap(pad=b"\1\2\3\4"),
    "pcap-ixia": pcap(magic=0x1C0001AC)[:24] + bytes(4) + pcap()[24:],
    "zstd-broken": b"\x28\xb5\x2f\xfd" + bytes(30),
    "zstd": TOOLS.joinpath("mail.pcap.zst").read_bytes(),
    "zstd-frames": TOOLS.joinpath("mail.pcap.frames.zst").read_bytes(),
    "lz4": TOOLS.joinpath("mail.pcap.lz4").read_bytes(),
    "lz4-linked": TOOLS.joinpath("mail.pcap.linked.lz4").read_bytes(),
    "empty": b"",
}

OUT.mkdir(parents=True, exist_ok=True)
for name, content in SEEDS.items():
    (OUT / f"seed-{name}").write_bytes(content)
