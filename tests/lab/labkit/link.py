"""A link in user space, for kernels without netem: two TUN devices and what is done to packets between them.

usage: link.py OPTIONS-AS-JSON     commands on standard input, one JSON object of options a line; "{}" answers "ok"

Packets that enter wan0 (from the client) leave at wan1 (to the server), and the other way round. Options, with a
number for each direction or for both ("delay": 0.025 or "delay": [0.025, 0.2], in the order to-server, to-client):
  delay      seconds
  loss double reorder        probabilities, from a generator with a fixed seed
  over       drops IP packets longer than that
  cut        true: nothing passes
  fragment   IPv4 packets longer than that leave as fragments (the don't-fragment bit is ignored)
  backwards  fragments leave last first
  bytes      after that many bytes of IP the direction is cut
  tap encap  writes all that enters to a capture, as "plain", "vlan", "qinq", "gre" or "vxlan" would carry it
"""
import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
MACS = bytes.fromhex("020000000119"), bytes.fromhex("02000000010a")


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(proto, payload, ident, source=b"\xcb\x00\x71\x01", target=b"\xcb\x00\x71\x02"):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, 0, 64, proto, 0, source, target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ethertype(packet):
    return 0x86DD if packet[0] >> 4 == 6 else 0x0800


def encapsulate(packet, direction, kind, ident):
    to, sender = (MACS if direction == 0 else MACS[::-1])
    kind_of = struct.pack("!H", ethertype(packet))
    ends = (b"\xcb\x00\x71\x01", b"\xcb\x00\x71\x02")
    outer = dict(zip(("source", "target"), ends if direction == 0 else ends[::-1]))
    if kind == "vlan":
        return to + sender + bytes.fromhex("81000064") + kind_of + packet
    if kind == "qinq":
        return to + sender + bytes.fromhex("88a8000a81000064") + kind_of + packet
    if kind == "gre":
        return to + sender + b"\x08\x00" + ipv4(47, b"\x00\x00" + kind_of + packet, ident, **outer)
    if kind == "vxlan":
        inner = struct.pack("!BBHI", 8, 0, 0, 0x4C4100) + to + sender + kind_of + packet
        return to + sender + b"\x08\x00" + ipv4(17, struct.pack("!HHHH", 51000, 4789, 8 + len(inner), 0) + inner, ident, **outer)
    return to + sender + kind_of + packet


def fragments(packet, limit):
    if packet[0] >> 4 != 4 or len(packet) <= limit:
        return [packet]
    size, head, body, parts = (limit - 20) // 8 * 8, packet[:20], packet[20:], []
    for at in range(0, len(body), size):
        more = 0x2000 if at + size < len(body) else 0
        h = head[:2] + struct.pack("!HHHBBH", 20 + len(body[at:at + size]), fragments.ident, more | at // 8, head[8], head[9], 0) + head[12:20]
        parts.append(h[:10] + struct.pack("!H", checksum(h)) + h[12:] + body[at:at + size])
    fragments.ident = (fragments.ident + 1) & 0xFFFF
    return parts


fragments.ident = 1


class Link:
    def __init__(self):
        self.options, self.queue, self.count, self.carried, self.tap = {}, [], 0, [0, 0], None
        self.random = random.Random(20261123)

    def of(self, name, direction, default=0):
        value = self.options.get(name, default)
        return value[direction] if isinstance(value, list) else value

    def set(self, options):
        self.options.update(options)
        if "tap" in options and not self.tap:
            self.tap = open(options["tap"], "wb", buffering=0)
            self.tap.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

    def write_tap(self, packet, direction):
        frame, now = encapsulate(packet, direction, self.options.get("encap", "plain"), self.count & 0xFFFF), time.time()
        self.tap.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)

    def take(self, packet, direction):
        self.count += 1
        if self.tap:
            self.write_tap(packet, direction)
        self.carried[direction] += len(packet)
        limit = self.of("bytes", direction)
        if self.of("cut", direction) or (self.of("over", direction) and len(packet) > self.of("over", direction)) or \
                (limit and self.carried[direction] > limit) or self.random.random() < self.of("loss", direction):
            return
        parts = fragments(packet, self.of("fragment", direction) or 65535)
        if self.of("backwards", direction):
            parts.reverse()
        for part in parts * (2 if self.random.random() < self.of("double", direction) else 1):
            late = self.of("delay", direction) + (0.03 if self.random.random() < self.of("reorder", direction) else 0)
            heapq.heappush(self.queue, (time.monotonic() + late, self.count, len(self.queue), part, direction))

    def run(self):
        ends = [tun("wan0"), tun("wan1")]
        print("ready", flush=True)
        while True:
            wait = max(0, self.queue[0][0] - time.monotonic()) if self.queue else None
            ready, _, _ = select.select([*ends, 0], [], [], wait)
            for direction, fd in enumerate(ends):
                if fd in ready:
                    for _ in range(64):
                        try:
                            self.take(os.read(fd, 65536), direction)
                        except (BlockingIOError, OSError):
                            break
            if 0 in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                self.set(json.loads(line))
                print("ok", flush=True)
            while self.queue and self.queue[0][0] <= time.monotonic():
                *_, packet, direction = heapq.heappop(self.queue)
                try:
                    os.write(ends[1 - direction], packet)
                except OSError:
                    pass


if __name__ == "__main__":
    link = Link()
    link.set(json.loads(sys.argv[1]))
    link.run()
