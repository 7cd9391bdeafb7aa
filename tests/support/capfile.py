"""capfile - read and write pcap and pcapng files, with every oddity the tests need.

A packet is (time_ns, link bytes, original length). Writing is deterministic: the same packets give
the same file. Reading knows pcap (both byte orders, micro- and nanoseconds) and pcapng (simple
enough for the captures the tests bend: enhanced, simple and old packet blocks).
"""
import struct

MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
BLOCK_SHB, BLOCK_IDB, BLOCK_PB, BLOCK_SPB, BLOCK_ISB, BLOCK_EPB = 0x0A0D0D0A, 1, 2, 3, 5, 6


class Packet:
    def __init__(self, time_ns, data, wire_len=None, interface=0, linktype=None):
        self.time_ns, self.data, self.interface, self.linktype = time_ns, data, interface, linktype
        self.wire_len = len(data) if wire_len is None else wire_len


def write_pcap(path, packets, linktype=1, order="<", nano=False, snaplen=262144):
    """snaplen cuts the packets as a capture would."""
    with open(path, "wb") as out:
        out.write(struct.pack(order + "IHHiIII", NANO if nano else MICRO, 2, 4, 0, 0, snaplen, linktype))
        for p in packets:
            second, rest = divmod(p.time_ns, 10**9)
            kept = p.data[:snaplen]
            out.write(struct.pack(order + "IIII", second, rest if nano else rest // 1000, len(kept), p.wire_len))
            out.write(kept)


def _block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def _option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def write_pcapng(path, packets, linktypes=(1,), order="<", nano=False, snaplen=0, drops=None, comment=None):
    """One interface per link type; a packet names its own by index. drops: per interface (ifrecv, ifdrop, osdrop)."""
    with open(path, "wb") as out:
        options = _option(order, 1, comment.encode()) + _option(order, 0, b"") if comment else b""
        out.write(_block(order, BLOCK_SHB, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options))
        for linktype in linktypes:
            options = _option(order, 9, bytes([9])) + _option(order, 0, b"") if nano else b""
            out.write(_block(order, BLOCK_IDB, struct.pack(order + "HHI", linktype, 0, snaplen) + options))
        for p in packets:
            ticks = p.time_ns if nano else p.time_ns // 1000
            kept = p.data[:snaplen] if snaplen else p.data
            head = struct.pack(order + "IIIII", p.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(kept), p.wire_len)
            out.write(_block(order, BLOCK_EPB, head + kept))
        for index, (received, dropped, by_os) in enumerate(drops or ()):
            ticks = packets[-1].time_ns if nano else packets[-1].time_ns // 1000
            body = struct.pack(order + "III", index, ticks >> 32, ticks & 0xFFFFFFFF)
            for code, value in ((4, received), (5, dropped), (7, by_os)):
                body += _option(order, code, struct.pack(order + "Q", value))
            out.write(_block(order, BLOCK_ISB, body + _option(order, 0, b"")))


def read(path):
    """(link type of the file or of interface 0, packets). Stops quietly where the file is cut."""
    with open(path, "rb") as f:
        raw = f.read()
    if raw[:4] == struct.pack("<I", BLOCK_SHB):
        return _read_pcapng(raw)
    for order in "<>":
        magic = struct.unpack(order + "I", raw[:4])[0]
        if magic in (MICRO, NANO):
            return _read_pcap(raw, order, 1 if magic == NANO else 1000)
    raise ValueError(f"{path}: neither pcap nor pcapng")


def _read_pcap(raw, order, unit):
    linktype = struct.unpack(order + "I", raw[20:24])[0] & 0x0FFFFFFF
    packets, at = [], 24
    while at + 16 <= len(raw):
        second, rest, kept, wire_len = struct.unpack(order + "IIII", raw[at:at + 16])
        if at + 16 + kept > len(raw):
            break
        packets.append(Packet(second * 10**9 + rest * unit, raw[at + 16:at + 16 + kept], wire_len, 0, linktype))
        at += 16 + kept
    return linktype, packets


def _resolution(options, order):
    """Nanoseconds per tick, as a fraction (over, under)."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack(order + "HH", options[at:at + 4])
        if code == 9 and length == 1:
            value = options[at + 4]
            return (10**9, 2 ** (value & 0x7F)) if value & 0x80 else (10**9, 10**value)
        at += 4 + length + -length % 4
    return 1000, 1


def _read_pcapng(raw):
    packets, interfaces, at, order = [], [], 0, "<"
    while at + 12 <= len(raw):
        kind = struct.unpack(order + "I", raw[at:at + 4])[0]
        if kind == BLOCK_SHB:
            order = "<" if raw[at + 8:at + 12] == struct.pack("<I", 0x1A2B3C4D) else ">"
            interfaces = []
        length = struct.unpack(order + "I", raw[at + 4:at + 8])[0]
        if length < 12 or at + length > len(raw):
            break
        body = raw[at + 8:at + length - 4]
        if kind == BLOCK_IDB:
            linktype, _, snaplen = struct.unpack(order + "HHI", body[:8])
            interfaces.append((linktype, snaplen, _resolution(body[8:], order)))
        elif kind in (BLOCK_EPB, BLOCK_PB) and interfaces:
            index, high, low, kept, wire_len = struct.unpack(order + "IIIII", body[:20])
            if kind == BLOCK_PB:
                index = struct.unpack(order + "H", body[:2])[0]
            linktype, _, (over, under) = interfaces[min(index, len(interfaces) - 1)]
            packets.append(Packet((high << 32 | low) * over // under, body[20:20 + kept], wire_len, index, linktype))
        elif kind == BLOCK_SPB and interfaces:
            wire_len = struct.unpack(order + "I", body[:4])[0]
            linktype, snaplen, _ = interfaces[0]
            kept = min(wire_len, snaplen or wire_len)
            packets.append(Packet(packets[-1].time_ns if packets else 0, body[4:4 + kept], wire_len, 0, linktype))
        at += length
    return (interfaces[0][0] if interfaces else 1), packets
