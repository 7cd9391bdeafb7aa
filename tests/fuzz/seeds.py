#!/usr/bin/env python3
"""Make the seed corpora of four fuzz targets from the talks and our captures: small, and always the same.

usage: seeds.py        (writes tests/fuzz/corpus/{conversation,frame,flow,decrypt}/seed-*)
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.dont_write_bytecode = True
import capfile  # noqa: E402
import craft  # noqa: E402
import craft_tunnels  # noqa: E402

LINKS = [1, 0, 101, 108, 113, 276, 228, 229, 12, 147, 9, 50, 51, 104, 105, 109, 117, 119, 127, 163, 192, 239, 14]  # the order of fuzz_frame.c


def text(line):
    if line.endswith("\\") and not line.endswith("\\\\"):
        line, end = line[:-1], b""
    else:
        end = b"\r\n"
    line = re.sub(r"\\<(\d+)\*(.*?)>", lambda m: m.group(2) * min(int(m.group(1)), 40), line)
    simple = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}
    out, at = b"", 0
    while at < len(line):
        if line[at] != "\\":
            out += line[at].encode()
            at += 1
        elif line[at + 1] == "x":
            out += bytes([int(line[at + 2:at + 4], 16)])
            at += 4
        else:
            out += simple[line[at + 1]]
            at += 2
    return out + end


def conversation(path):
    """The instructions of fuzz_conversation.c for one talk."""
    turns, out, flags = [], b"", 0
    for line in path.read_text().split("===\n")[0].split("\n")[:-1]:
        if line.startswith(("><>", "><|")):
            words = line[3:].split()
            turns.append((words[0], int(words[1]) if line.startswith("><>") else None, b""))
        elif line[:3] in (">>>", "<<<"):
            turns.append(("client" if line[0] == ">" else "server", None, text(line[4:] if line[3:4] == " " else line[3:])))
        elif turns:
            side, gap, data = turns[-1]
            turns[-1] = (side, gap, data + text(line))
        elif line == "port 465":
            flags |= 8
        elif line == "midstream":
            flags |= 16
    for side, gap, data in turns:
        bit = side == "server"
        if gap is not None:
            out += bytes([4 | bit]) + (gap - 1).to_bytes(2, "big")
        for at in range(0, len(data), 255):
            part = data[at:at + 255]
            out += bytes([bit | (2 if at == 0 else 0), len(part)]) + part
    return bytes([out[0] | flags]) + out[1:] if out else out


def frames():
    for name in ("link-null", "link-loop", "link-raw", "link-sll-vlan", "link-sll2", "link-qinq", "ip-options", "ip6-extensions",
                 "connect-icmp-unreachable"):
        linktype, packets = capfile.read(ROOT / "pcaps" / f"{name}.pcap")
        for number in (0, 1, 7):
            yield f"{name}-{number}", bytes([LINKS.index(linktype), 0]) + packets[number].data[:200]


def tunnels():
    """One small segment of each family in every link type and tunnel; the first packets in fragments and aggregates."""
    net = craft.Net(linktype=craft.RAW)
    net.tcp("192.0.2.10", "198.51.100.25").open().server("220 mx.example.com ESMTP", ack=False)
    net.tcp("2001:db8:1::10", "2001:db8:2::25", at=1).open().server("220 mx", ack=False)
    plain = craft_tunnels.packets(net)
    for name, (linktype, wrap) in craft_tunnels.WRAPPINGS.items():
        for family, number in (("4", 3), ("6", 7)):
            _, ip, outgoing = plain[number]
            yield f"wrap-{name}-{family}", bytes([LINKS.index(linktype), 0]) + wrap(ip, outgoing, number)
    for name, (linktype, arrange) in craft_tunnels.ARRANGEMENTS.items():
        out = bytes([0x80 | LINKS.index(linktype), 0])
        for p in arrange(plain[2:4] + plain[7:8]):
            out += b"\0" + len(p.data).to_bytes(2, "big") + p.data
        yield f"arrange-{name}", out


def flow(name):
    """A capture of ours as records of fuzz_flow.c: the numbers' distances survive, divided by 16."""
    _, packets = capfile.read(ROOT / "pcaps" / f"{name}.pcap")
    base, out, before = {}, b"", None
    for p in packets[:24]:
        tcp = p.data[34:]
        client = tcp[2:4] == b"\0\x19"
        seq, ack = int.from_bytes(tcp[4:8], "big"), int.from_bytes(tcp[8:12], "big")
        base.setdefault(client, seq)
        payload = tcp[(tcp[12] >> 4) * 4:int.from_bytes(p.data[16:18], "big") - 20][:120]
        ms = 0 if before is None else min((p.time_ns - before) // 10**6, 254)
        before = p.time_ns
        out += bytes([(0 if client else 1) | tcp[13] << 2 & 0xFF, (seq - base[client]) // 16 & 0xFF,
                      (ack - base.get(not client, ack)) // 16 & 0xFF, ms, 100, 0, 0, len(payload)]) + payload
    return out


SUITES = ["aes128-gcm", "aes256-gcm", "chacha20", "aes128-ccm", "aes256-ccm8", "cbc-sha1", "cbc-sha256", "cbc-sha384", "camellia128", "camellia256",
          "rsa-gcm", "rsa-cbc-mac-first", "13-aes128-gcm", "13-aes256-gcm", "13-chacha20", "13-aes128-ccm", "13-aes128-ccm8"]
TEXT, LONG, ALERT, KEYS, LOST, SPOILED, RAW, HOLED = range(8)


def sealed(row, etm=True, flags=0, steps=None):
    """A connection that fuzz_decrypt.c seals; a step: (side, deed, padding and octets that come alone, text or its length in 64 octets)."""
    steps = steps or [(1, TEXT, 0, b"220 mx.example\r\n"), (0, TEXT, 3, b"EHLO a.example\r\n"), (1, TEXT, 15, b"250-mx\r\n250 PIPELINING\r\n"), (0, KEYS, 0, b""),
                      (0, TEXT, 0, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n"), (0, TEXT, 0, b""),
                      (1, TEXT, 1, b"250 ok\r\n250 ok\r\n354 go\r\n"), (0, LONG, 1, 255), (1, KEYS, 0, b""), (0, TEXT, 0, b"\r\n.\r\n"),
                      (1, TEXT, 0, b"250 ok\r\n"), (0, TEXT, 0, b"QUIT\r\n"), (1, TEXT, 0, b"221 bye\r\n"), (1, ALERT, 0, b"\1\0"), (0, ALERT, 0, b"\1\0")]
    out = bytes([row + 2, int(etm) | flags])
    for side, deed, extra, text in steps:
        size, text = (text, b"") if deed == LONG else (len(text), text)
        out += bytes([side | deed << 1 | extra << 4, size]) + text
    return out


def decrypt():
    """Steps of fuzz_decrypt.c: (side, kind, octets). The client's records are 201, 58, 72 and 24 long, the server's 95, 679, 227, 72, 24."""
    def steps(*parts):
        return b"\1" + b"".join(bytes([side | kind << 1 | min(size, 2047) >> 6 << 3, min(size, 2047) & 63]) for side, kind, size in parts)
    hellos = [(0, 0, 201), (1, 0, 95)]
    yield "whole", steps(*hellos, (1, 0, 679), (0, 0, 58), (1, 0, 227), (0, 0, 72), (1, 0, 72), (0, 0, 24), (1, 0, 24))
    yield "together", steps(*hellos, (1, 0, 2000), (0, 0, 2000))
    yield "split", steps(*hellos, *[(1, 0, 11)] * 95, *[(0, 0, 11)] * 15)
    yield "hole", steps(*hellos, (1, 0, 679), (0, 0, 58), (1, 1, 227), (1, 0, 72), (0, 1, 30), (0, 0, 66))
    yield "hole-in-header", steps(*hellos, (1, 0, 679), (0, 0, 58), (1, 0, 20), (1, 1, 210), (1, 0, 93), (0, 1, 75), (0, 0, 21))
    yield "spoiled", steps(*hellos, (1, 0, 679), (0, 0, 58), (1, 2, 227), (0, 0, 72), (1, 0, 72))
    yield "early-hole", steps(*hellos, (1, 1, 679), (1, 0, 323), (0, 1, 58), (0, 0, 96))
    for row, name in enumerate(SUITES):
        yield f"sealed-{name}", sealed(row, etm=not name.endswith("mac-first"))
    yield "sealed-13-late-secrets", sealed(SUITES.index("13-aes128-gcm"), flags=2)
    for name in ("aes128-gcm", "cbc-sha1", "13-chacha20"):
        text, row = b"MAIL FROM:<a@b.example>\r\n", SUITES.index(name)
        for word, steps_ in (("lost", [(0, LOST, 0, b"EHLO a\r\n")]), ("spoiled", [(0, SPOILED, 0, text)]), ("raw", [(1, RAW, 0, b"\x17\3\3\0\0no")]),
                             ("holed", [(0, HOLED, 8, text), (1, HOLED, 0, text), (0, HOLED, 15, text)])):
            yield f"sealed-{name}-{word}", sealed(row, steps=[(1, TEXT, 0, b"220 mx\r\n"), *steps_, (0, TEXT, 0, text), (1, TEXT, 0, b"250 ok\r\n"), (0, LONG, 9, 200)])
    yield "log", b"\0# c\nCLIENT_RANDOM " + b"0a" * 32 + b" " + b"1b" * 48 + b"\r\nSERVER_TRAFFIC_SECRET_0 " + b"0a" * 32 + b" " + b"1b" * 32


def main():
    wanted = {"conversation": {p.stem: conversation(p) for p in sorted((ROOT / "tests" / "talks").glob("*.talk"))},
              "frame": dict([*frames(), *tunnels()]),
              "flow": {n: flow(n) for n in ("file-nano", "tcp-retransmit", "tcp-reorder", "tcp-overlap", "tcp-port-reuse",
                                            "tcp-half-close", "reset-by-client", "tcp-zero-window-short")}}
    wanted["decrypt"] = dict(decrypt())
    wanted["conversation"]["words"] = b"\x07220 mx\r\n\nEHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\n250-mx\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n354 go\r\n\n.\r\n\n"
    for target, seeds in wanted.items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*"):
            old.unlink()
        for name, data in seeds.items():
            (folder / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
