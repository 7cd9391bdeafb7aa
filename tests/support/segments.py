"""segments - the same bytes of TCP in other segments: split, sent again, sent again in other pieces, out of order.

Each takes and gives a list of capfile.Packet over Ethernet, IPv4 or IPv6 without extension headers; what is not TCP with data
stays. Nothing is lost: whoever puts the stream together has the same one.
"""
import struct

from capfile import Packet

FIN_PSH = 0x09


class Segment:
    """Where the parts of one packet lie."""

    def __init__(self, packet):
        data, self.packet = packet.data, packet
        kind = data[12:14]
        self.tcp = 14 + (data[14] & 15) * 4 if kind == b"\x08\0" else 54
        known = kind == b"\x08\0" and data[23] == 6 and not data[20] & 0x3F and not data[21] or kind == b"\x86\xdd" and data[20] == 6
        self.payload = b""
        if known and len(data) >= self.tcp + 20 and packet.wire_len == len(data):
            self.start = self.tcp + (data[self.tcp + 12] >> 4) * 4
            end = 14 + struct.unpack(">H", data[16:18])[0] if kind == b"\x08\0" else 54 + struct.unpack(">H", data[18:20])[0]
            self.payload = data[self.start:end]
            self.ways = data[26:34] + data[self.tcp:self.tcp + 4] if kind == b"\x08\0" else data[22:54] + data[self.tcp:self.tcp + 4]
            self.seq = struct.unpack(">I", data[self.tcp + 4:self.tcp + 8])[0]
            if data[self.tcp + 13] & 0x02:
                self.payload = b""

    def made(self, offset, payload, last=True, later_ns=0):
        """This segment with other data, which begins `offset` octets behind its own."""
        out = bytearray(self.packet.data[:self.start]) + payload
        out[self.tcp + 4:self.tcp + 8] = struct.pack(">I", self.seq + offset & 0xFFFFFFFF)
        if not last:
            out[self.tcp + 13] &= ~FIN_PSH
        if out[12:14] == b"\x08\0":
            out[16:18] = struct.pack(">H", len(out) - 14)
            out[18:20] = struct.pack(">H", struct.unpack(">H", out[18:20])[0] + offset + 1 + later_ns & 0xFFFF)  # no twin of the first
            out[24:26] = b"\0\0"
            out[24:26] = checksum(out[14:self.tcp])
            pseudo = bytes(out[26:34]) + struct.pack(">HH", 6, len(out) - self.tcp)
        else:
            out[18:20] = struct.pack(">H", len(out) - 54)
            pseudo = bytes(out[22:54]) + struct.pack(">II", len(out) - 54, 6)
        out[self.tcp + 16:self.tcp + 18] = b"\0\0"
        out[self.tcp + 16:self.tcp + 18] = checksum(pseudo + bytes(out[self.tcp:]))
        return Packet(self.packet.time_ns + later_ns, bytes(out))


def checksum(data):
    data = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~total & 0xFFFF)


def in_order(packets):
    return sorted(packets, key=lambda p: p.time_ns)  # stable: those of one time stay as they are


def split(size):
    """Every segment in pieces of so many octets."""
    def bend(packets):
        out = []
        for segment in map(Segment, packets):
            data = segment.payload
            if len(data) <= size:
                out.append(segment.packet)
                continue
            for at in range(0, len(data), size):
                out.append(segment.made(at, data[at:at + size], at + size >= len(data)))
        return out
    return bend


def sent_again(packets):
    """Every segment a second time, a millisecond later."""
    out = []
    for segment in map(Segment, packets):
        out.append(segment.packet)
        if segment.payload:
            out.append(segment.made(0, segment.payload, later_ns=10**6))
    return in_order(out)


def sent_again_otherwise(packets):
    """Of every segment the second half again, together with the whole of the next one in its direction."""
    out, before = [], {}
    for segment in map(Segment, packets):
        out.append(segment.packet)
        if not segment.payload:
            continue
        last = before.get(segment.ways)
        if last and last.seq + len(last.payload) & 0xFFFFFFFF == segment.seq and len(last.payload) + len(segment.payload) < 60000:
            half = last.payload[len(last.payload) // 2:]
            out.append(segment.made(-len(half), half + segment.payload, later_ns=10**6))
        before[segment.ways] = segment
    return in_order(out)


def out_of_order(packets):
    """Every segment in halves, the second before the first."""
    out = []
    for segment in map(Segment, packets):
        data, half = segment.payload, len(segment.payload) // 2
        if not half:
            out.append(segment.packet)
            continue
        out += [segment.made(half, data[half:]), segment.made(0, data[:half], last=False, later_ns=1000)]
    return in_order(out)


BENDS = {"split at 7 octets": split(7), "split at 100 octets": split(100), "sent again": sent_again,
         "sent again in other pieces": sent_again_otherwise, "halves out of order": out_of_order}
