"""craft_tunnels - the packets of a craft.Net in every link type, tunnel and fragmentation.

    plain = packets(net)                      (time_ns, IP packet, outgoing) of a Net of link type RAW
    linktype, wrap = WRAPPINGS["vxlan"]       wrap(ip, outgoing, n) -> link bytes, one packet for one
    linktype, arrange = ARRANGEMENTS["v4 fragments"]   arrange(plain) -> capfile.Packets, more or fewer

Nothing is random. Outer addresses are 203.0.113.0/24 and 2001:db8:ffff::/48.
"""
import ipaddress
import struct

import craft
from capfile import Packet

ETHERNET, SLL, SLL2, NULL, LOOP, RAW = craft.ETHERNET, craft.SLL, craft.SLL2, craft.NULL, craft.LOOP, craft.RAW
PPP, PPP_HDLC, CISCO_HDLC, WLAN, PRISM, RADIOTAP, AVS, PPI, NFLOG = 9, 50, 104, 105, 119, 127, 163, 192, 239
OUTER4 = ipaddress.ip_address("203.0.113.1"), ipaddress.ip_address("203.0.113.2")
OUTER6 = ipaddress.ip_address("2001:db8:ffff::1"), ipaddress.ip_address("2001:db8:ffff::2")
MACS = b"\x02\0\0\0\0\x11", b"\x02\0\0\0\0\x12"


def packets(net):
    """Of a Net of link type RAW. Outgoing: sent by the lower address."""
    def outgoing(ip):
        return ip[12:16] < ip[16:20] if ip[0] >> 4 == 4 else ip[8:24] < ip[24:40]
    return [(p.time_ns, p.data, outgoing(p.data)) for p in net.packets()]


def kind(ip):
    return 0x86DD if ip[0] >> 4 == 6 else 0x0800


def u16(value):
    return struct.pack(">H", value)


# --- what stands before a packet ---

def ether(payload, ethertype, outgoing):
    return MACS[outgoing] + MACS[not outgoing] + u16(ethertype) + payload


def plain_ether(ip, outgoing, n):
    return craft.frame(ip, ETHERNET, outgoing)


def outer4(proto, payload, outgoing, n, flags=0):
    ends = OUTER4 if outgoing else OUTER4[::-1]
    return craft.ip_header(*ends, proto, payload, 62, 0x4000 + n, flags=flags)


def outer6(proto, payload, outgoing, n):
    ends = OUTER6 if outgoing else OUTER6[::-1]
    return craft.ip_header(*ends, proto, payload, 62)


def on_ether(ip, outgoing):
    return ether(ip, kind(ip), outgoing)


def udp(port, payload, sport=50000):
    return struct.pack(">HHHH", sport, port, 8 + len(payload), 0) + payload


def snap(ip):
    return b"\xaa\xaa\3\0\0\0" + u16(kind(ip)) + ip


def mpls(payload, labels=2):
    stack = [struct.pack(">I", (100 + i) << 12 | (1 if i == labels - 1 else 0) << 8 | 64) for i in range(labels)]
    return b"".join(stack) + payload


def wlan(ip, outgoing, control=0x0008, ds=None, qos=None, body=None, pad=0, htc=False):
    ds = (1 if outgoing else 2) if ds is None else ds
    head = struct.pack("<HH", control | ds << 8 | (0x8000 if htc else 0), 44) + MACS[0] + MACS[1] + MACS[0] + b"\x10\0"
    head += MACS[1] if ds == 3 else b""
    head += struct.pack("<H", qos) if qos is not None else b""
    head += b"\0\0\0\0" if htc else b""
    return head + b"\0" * pad + (snap(ip) if body is None else body)


def amsdu(frames):
    out = b""
    for i, ip in enumerate(frames):
        sub = MACS[0] + MACS[1] + u16(len(snap(ip))) + snap(ip)
        out += sub + (b"\0" * (-len(sub) % 4) if i + 1 < len(frames) else b"")
    return out


def radiotap(frame, flags=0):
    return struct.pack("<BBHIQBBHHbb", 0, 0, 24, 0x6F & ~0x40, 123456789, flags, 2, 2412, 0x80, -42, -90)[:22] + b"\0\0" + frame


def nflog(ip, order):
    def attribute(number, value):
        return struct.pack(order + "HH", len(value) + 4, number) + value + b"\0" * (-len(value) % 4)
    return struct.pack(">BBH", 10 if ip[0] >> 4 == 6 else 2, 0, 5) + attribute(1, u16(kind(ip)) + b"\1\0") + \
        attribute(10, b"mail\0") + attribute(9, ip)


def pppoe(payload, protocol):
    return struct.pack(">BBHHH", 0x11, 0, 7, len(payload) + 2, protocol) + payload


def ppp(ip):
    return 0x57 if ip[0] >> 4 == 6 else 0x21


def gre(payload, protocol, n, key=False, sequence=False, checksum=False):
    flags = (0x8000 if checksum else 0) | (0x2000 if key else 0) | (0x1000 if sequence else 0)
    return u16(flags) + u16(protocol) + (b"\0" * 4 if checksum else b"") + (struct.pack(">I", 7) if key else b"") + \
        (struct.pack(">I", n) if sequence else b"") + payload


def pptp(ip, outgoing, n):
    inside = b"\xff\3" + u16(ppp(ip)) + ip
    return struct.pack(">HHHHII", 0x3081, 0x880B, len(inside), 7, n, n) + inside


def erspan2(frame):
    return struct.pack(">HHI", 1 << 12 | 101, 5, 0x123) + frame


def erspan3(frame, sub=False):
    return struct.pack(">HHIHH", 2 << 12 | 101, 5, 0x01020304, 0, 1 if sub else 0) + (b"\0" * 8 if sub else b"") + frame


def vxlan(frame):
    return struct.pack(">BBHI", 8, 0, 0, 101 << 8) + frame


def geneve(payload, protocol, options=b""):
    return struct.pack(">BBHI", len(options) // 4, 0, protocol, 101 << 8) + options + payload


def gtp(ip, flags=0x30, extra=b""):
    return struct.pack(">BBHI", flags, 255, len(extra) + len(ip), 7) + extra + ip


def tzsp(frame, protocol):
    return struct.pack(">BBH", 1, 0, protocol) + b"\x0a\1\xc5\1" + frame


def l2tp(ip):
    return struct.pack(">HHHHBBH", 0x4002, 12 + len(ip), 7, 8, 0xFF, 3, ppp(ip)) + ip


# --- one packet for one ---

def by_ip(proto, make):
    """make(ip, outgoing, n) in IPv4 on Ethernet."""
    return ETHERNET, lambda ip, o, n: on_ether(outer4(proto, make(ip, o, n), o, n), o)


def by_ip6(proto, make):
    return ETHERNET, lambda ip, o, n: on_ether(outer6(proto, make(ip, o, n), o, n), o)


def by_udp(port, make):
    return by_ip(17, lambda ip, o, n: udp(port, make(ip, o, n)))


def by_gre(protocol, make, **how):
    return by_ip(47, lambda ip, o, n: gre(make(ip, o, n), protocol, n, **how))


def in_ip(ip, o, n):
    """IPv4 in IPv4, IPv6 in IPv4: the same function for both protocols."""
    return on_ether(outer4(41 if ip[0] >> 4 == 6 else 4, ip, o, n), o)


def deep(ip, o, n):
    """Eight encapsulations."""
    ip = outer4(47, gre(ip, kind(ip), n), o, n)
    ip = outer6(17, udp(4789, vxlan(on_ether(ip, o))), o, n)
    ip = outer4(17, udp(6081, geneve(ip, kind(ip))), o, n)
    ip = outer4(17, udp(2152, gtp(ip)), o, n)
    ip = outer4(4, ip, o, n)
    ip = outer4(47, gre(erspan2(plain_ether(ip, o, n)), 0x88BE, n, sequence=True), o, n)
    ip = outer4(47, pptp(ip, o, n), o, n)
    return on_ether(outer4(137, mpls(ip), o, n), o)


WRAPPINGS = {
    "raw": (RAW, lambda ip, o, n: ip),
    "null": (NULL, lambda ip, o, n: craft.frame(ip, NULL)),
    "loop": (LOOP, lambda ip, o, n: craft.frame(ip, LOOP)),
    "sll": (SLL, lambda ip, o, n: craft.frame(ip, SLL, o)),
    "sll2": (SLL2, lambda ip, o, n: craft.frame(ip, SLL2, o)),
    "vlan": (ETHERNET, lambda ip, o, n: craft.frame(ip, ETHERNET, o, ((0x8100, 101),))),
    "qinq": (ETHERNET, lambda ip, o, n: craft.frame(ip, ETHERNET, o, ((0x88A8, 7), (0x8100, 101)))),
    "llc-snap": (ETHERNET, lambda ip, o, n: ether(snap(ip), len(snap(ip)), o)),
    "mpls": (ETHERNET, lambda ip, o, n: ether(mpls(ip), 0x8847, o)),
    "pseudowire": (ETHERNET, lambda ip, o, n: ether(mpls(struct.pack(">I", n) + plain_ether(ip, o, n), 1), 0x8847, o)),
    "pseudowire-bare": (ETHERNET, lambda ip, o, n: ether(mpls(plain_ether(ip, o, n)), 0x8847, o)),
    "pppoe": (ETHERNET, lambda ip, o, n: ether(pppoe(ip, ppp(ip)), 0x8864, o)),
    "pppoe-vlan": (ETHERNET, lambda ip, o, n: ether(u16(101) + u16(0x8864) + pppoe(ip, ppp(ip)), 0x8100, o)),
    "pbb": (ETHERNET, lambda ip, o, n: ether(struct.pack(">I", 101) + plain_ether(ip, o, n), 0x88E7, o)),
    "nflog": (NFLOG, lambda ip, o, n: nflog(ip, "<")),
    "nflog-big-endian": (NFLOG, lambda ip, o, n: nflog(ip, ">")),
    "ppp": (PPP, lambda ip, o, n: b"\xff\3" + u16(ppp(ip)) + ip),
    "ppp-bare": (PPP, lambda ip, o, n: u16(ppp(ip)) + ip),
    "ppp-hdlc": (PPP_HDLC, lambda ip, o, n: b"\xff\3" + u16(ppp(ip)) + ip),
    "cisco-hdlc": (CISCO_HDLC, lambda ip, o, n: b"\x0f\0" + u16(kind(ip)) + ip),
    "wlan": (WLAN, lambda ip, o, n: wlan(ip, o)),
    "wlan-qos": (WLAN, lambda ip, o, n: wlan(ip, o, 0x88, qos=5)),
    "wlan-wds": (WLAN, lambda ip, o, n: wlan(ip, o, 0x88, ds=3, qos=5, htc=True)),
    "wlan-amsdu": (WLAN, lambda ip, o, n: wlan(ip, o, 0x88, qos=0x85, body=amsdu([ip]))),
    "radiotap": (RADIOTAP, lambda ip, o, n: radiotap(wlan(ip, o))),
    "radiotap-padded": (RADIOTAP, lambda ip, o, n: radiotap(wlan(ip, o, 0x88, qos=5, pad=2), 0x20)),
    "radiotap-fcs": (RADIOTAP, lambda ip, o, n: radiotap(wlan(ip, o), 0x10) + b"\xde\xad\xbe\xef"),
    "prism": (PRISM, lambda ip, o, n: struct.pack("<II", 0x44, 144) + b"\0" * 136 + wlan(ip, o)),
    "avs": (AVS, lambda ip, o, n: struct.pack(">II", 0x80211001, 64) + b"\0" * 56 + wlan(ip, o)),
    "ppi": (PPI, lambda ip, o, n: struct.pack("<BBHI", 0, 0, 8, WLAN) + wlan(ip, o)),
    "ipip": (ETHERNET, in_ip),
    "ip-in-ipv6": by_ip6(4, lambda ip, o, n: ip),
    "gre": (ETHERNET, lambda ip, o, n: on_ether(outer4(47, gre(ip, kind(ip), n), o, n), o)),
    "gre-all-fields": (ETHERNET, lambda ip, o, n: on_ether(
        outer6(47, gre(ip, kind(ip), n, key=True, sequence=True, checksum=True), o, n), o)),
    "gre-mpls": by_gre(0x8847, lambda ip, o, n: mpls(ip)),
    "nvgre": by_gre(0x6558, plain_ether, key=True),
    "pptp": by_ip(47, pptp),
    "erspan-1": by_gre(0x88BE, plain_ether),
    "erspan-2": by_gre(0x88BE, lambda ip, o, n: erspan2(plain_ether(ip, o, n)), sequence=True),
    "erspan-3": by_gre(0x22EB, lambda ip, o, n: erspan3(plain_ether(ip, o, n)), sequence=True),
    "erspan-3-platform": by_gre(0x22EB, lambda ip, o, n: erspan3(plain_ether(ip, o, n), True), sequence=True),
    "etherip": by_ip(97, lambda ip, o, n: b"\x30\0" + plain_ether(ip, o, n)),
    "vxlan": by_udp(4789, lambda ip, o, n: vxlan(plain_ether(ip, o, n))),
    "vxlan-linux": by_udp(8472, lambda ip, o, n: vxlan(plain_ether(ip, o, n))),
    "vxlan-vlan": by_udp(4789, lambda ip, o, n: vxlan(craft.frame(ip, ETHERNET, o, ((0x8100, 5),)))),
    "geneve": by_udp(6081, lambda ip, o, n: geneve(plain_ether(ip, o, n), 0x6558, b"\1\2\x80\1\0\0\0\7")),
    "geneve-ip": by_udp(6081, lambda ip, o, n: geneve(ip, kind(ip))),
    "gtp": by_udp(2152, lambda ip, o, n: gtp(ip)),
    "gtp-extensions": by_udp(2152, lambda ip, o, n: gtp(ip, 0x36, u16(n) + b"\0\x85\1\x10\x09\0")),
    "tzsp": by_udp(37008, lambda ip, o, n: tzsp(plain_ether(ip, o, n), 1)),
    "tzsp-wlan": by_udp(37008, lambda ip, o, n: tzsp(wlan(ip, o), 18)),
    "l2tp": by_udp(1701, lambda ip, o, n: l2tp(ip)),
    "sll-vxlan": (SLL, lambda ip, o, n: craft.frame(outer4(17, udp(4789, vxlan(plain_ether(ip, o, n))), o, n), SLL, o)),
    "eight-deep": (ETHERNET, deep),
}


# --- fragments ---

def fragments(ip, size, number, proto=None):
    """An IP packet as fragments of at most `size` octets of its payload; one that fits stays whole. number: IPv6's."""
    if ip[0] >> 4 == 4:
        head = (ip[0] & 15) * 4
        total = int.from_bytes(ip[2:4], "big")
        payload = ip[head:total]
        if len(payload) <= size:
            return [ip]
        out = []
        for at in range(0, len(payload), size):
            more = at + size < len(payload)
            h = ip[:2] + u16(head + len(payload[at:at + size])) + ip[4:6] + u16(at // 8 | (0x2000 if more else 0)) + \
                ip[8:10] + b"\0\0" + ip[12:head]
            out.append(h[:10] + u16(craft.ones(h)) + h[12:] + payload[at:at + size])
        return out
    payload = ip[40:40 + int.from_bytes(ip[4:6], "big")]
    if len(payload) <= size:
        return [ip]
    out = []
    for at in range(0, len(payload), size):
        more = at + size < len(payload)
        part = struct.pack(">BBHI", ip[6], 0, at | more, number) + payload[at:at + size]
        out.append(ip[:4] + u16(len(part)) + b"\x2c" + ip[7:40] + part)
    return out


def overlapping(ip, size, number):
    """Fragments that agree where they overlap: each begins a unit before the one before it ends."""
    out = fragments(ip, size, number)
    longer = fragments(ip, size * 2, number)
    return out[:1] + longer[:1] + out[1:] if len(out) > 2 else out


def spread(when, frames):
    """The last one at the packet's own time, the others shortly before."""
    return [Packet(when - 1000 * (len(frames) - 1 - i), f) for i, f in enumerate(frames)]


def fragmented(order, size=64, wrap=plain_ether, cut=fragments):
    """order(list) -> list: what comes when. The packet is whole with the last of it that is new."""
    def arrange(plain):
        out = []
        for n, (when, ip, o) in enumerate(plain):
            out += spread(when, [wrap(f, o, n) for f in order(cut(ip, size, n + 1))])
        return out
    return ETHERNET, arrange


def outer_fragmented(make):
    def arrange(plain):
        out = []
        for n, (when, ip, o) in enumerate(plain):
            out += spread(when, [on_ether(f, o) for f in fragments(make(ip, o, n), 120, n + 1)])
        return out
    return ETHERNET, arrange


def shuffled(parts):
    return parts[1::2][::-1] + parts[::2]


def doubled(parts):
    return [p for part in parts[:-1] for p in (part, part)] + parts[-1:]


def aggregated(plain):
    """Frames of 802.11 that carry up to three packets each, of one direction and one millisecond."""
    out, held = [], []
    for when, ip, o in plain:
        if held and (held[-1][2] != o or len(held) == 3 or when - held[0][0] > 10**6):
            out.append(Packet(held[-1][0], wlan(None, held[0][2], 0x88, qos=0x85, body=amsdu([h[1] for h in held]))))
            held = []
        held.append((when, ip, o))
    out.append(Packet(held[-1][0], wlan(None, held[0][2], 0x88, qos=0x85, body=amsdu([h[1] for h in held]))))
    return out


ARRANGEMENTS = {
    "fragments": fragmented(list),
    "fragments-of-8": fragmented(list, 8),
    "fragments-backwards": fragmented(lambda parts: parts[::-1]),
    "fragments-shuffled": fragmented(shuffled),
    "fragments-doubled": fragmented(doubled),
    "fragments-overlapping": fragmented(list, cut=overlapping),
    "fragments-in-vxlan": fragmented(shuffled, wrap=WRAPPINGS["vxlan"][1]),
    "fragments-in-ipv6-gre": fragmented(list, wrap=WRAPPINGS["gre-all-fields"][1]),
    "vxlan-in-fragments": outer_fragmented(lambda ip, o, n: outer4(17, udp(4789, vxlan(plain_ether(ip, o, n))), o, n)),
    "gre-in-ipv6-fragments": outer_fragmented(lambda ip, o, n: outer6(47, gre(ip, kind(ip), n), o, n)),
    "wlan-aggregates": (WLAN, aggregated),
}
