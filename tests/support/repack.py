"""repack - captured TCP packets as fields that can be changed, and back as frames with right lengths and checksums."""
import copy
import struct

import capfile

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, ICMP, ICMP6 = 6, 1, 58
SACK, SCALE, TIMESTAMPS = 5, 3, 8
ETHERNET, IP4, IP6 = 1, 0x0800, 0x86DD
WRAP = 1 << 32


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def options_of(data):
    found, at = [], 0
    while at + 1 < len(data) and data[at] != 0:
        if data[at] == 1:
            at += 1
            continue
        if data[at + 1] < 2:
            break
        found.append((data[at], data[at + 2:at + data[at + 1]]))
        at += data[at + 1]
    return found


class Frame:
    """One packet: time_ns, macs, src, dst, ttl, ident, proto, body; of TCP also its header's fields and payload."""

    def __init__(self, packet):
        data = packet.data
        self.time_ns, self.macs = packet.time_ns, data[:12]
        kind = struct.unpack("!H", data[12:14])[0]
        data = data[14:]
        if packet.wire_len and packet.wire_len > len(packet.data):
            raise ValueError("cut by the snap length")
        if kind == IP4 and data[0] == 0x45 and not struct.unpack("!H", data[6:8])[0] & 0x3FFF:
            length, self.ident, self.flags4, self.ttl, self.proto = struct.unpack("!xxHHHBB", data[:10])
            self.src, self.dst, self.body = data[12:16], data[16:20], data[20:length or len(data)]
        elif kind == IP6 and data[6] in (TCP, ICMP6):
            length, self.proto, self.ttl = struct.unpack("!HBB", data[4:8])
            self.src, self.dst, self.body, self.ident, self.flags4 = data[8:24], data[24:40], data[40:40 + length], 0, 0
        else:
            raise ValueError("neither IP nor whole")
        self.tcp = self.proto == TCP
        if self.tcp:
            fields = struct.unpack("!HHIIBBHHH", self.body[:20])
            self.sport, self.dport, self.seq, self.ack, offset, self.flags, self.window, _, self.urgent = fields
            self.options = options_of(self.body[20:(offset >> 4) * 4])
            self.payload = self.body[(offset >> 4) * 4:]

    @property
    def key(self):
        return self.src, self.sport, self.dst, self.dport

    @property
    def back(self):
        return self.dst, self.dport, self.src, self.sport

    def changed(self, **fields):
        other = copy.copy(self)
        vars(other).update(fields)
        return other

    def _segment(self):
        options = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in self.options)
        options += b"\1" * (-len(options) % 4)
        head = struct.pack("!HHIIBBHHH", self.sport, self.dport, self.seq % WRAP, self.ack % WRAP, (20 + len(options)) // 4 << 4,
                           self.flags, self.window, 0, self.urgent)
        return head + options + self.payload

    def packet(self):
        body, at = (self._segment(), 16) if self.tcp else (self.body, 2)
        covered = body[:at] + b"\0\0" + body[at + 2:]
        pseudo = b"" if self.proto == ICMP else self.src + self.dst + struct.pack("!II", len(body), self.proto)
        body = body[:at] + struct.pack("!H", checksum(pseudo + covered)) + body[at + 2:]
        if len(self.src) == 4:
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), self.ident, self.flags4, self.ttl, self.proto, 0, self.src, self.dst)
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            head = struct.pack("!IHBB16s16s", 6 << 28, len(body), self.proto, self.ttl, self.src, self.dst)
        kind = IP4 if len(self.src) == 4 else IP6
        return capfile.Packet(self.time_ns, self.macs + struct.pack("!H", kind) + head + body)


def read(path):
    """The frames of a capture of Ethernet, ARP left out; None where it holds what cannot be repacked."""
    linktype, packets = capfile.read(path)
    if linktype != ETHERNET:
        return None
    try:
        frames = [Frame(p) for p in packets if p.data[12:14] != b"\x08\x06"]
    except (ValueError, struct.error, IndexError):
        return None
    return frames if all(f.proto in (TCP, ICMP, ICMP6) for f in frames) else None


def write(path, frames):
    capfile.write_pcap(path, [f.packet() for f in frames], ETHERNET, nano=True)
