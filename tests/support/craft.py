"""craft - our own packets: TCP connections told step by step, seen from one place on the path.

    net = Net(start="2026-03-10T14:02:11Z")
    c = net.tcp("192.0.2.10", "198.51.100.25", rtt=0.020)
    c.open()
    c.server("220 mx.example.com ESMTP")
    c.client("EHLO client.example.org")
    ...
    c.close()
    net.write("out.pcap")

Each step puts packets where the capture point would see them: near the client (the default) its own
packets come at once and the server's a round trip later; near="server" the other way round. Steps
of one connection follow each other; several connections overlap as their starts say. Every step
takes keywords for what may go wrong on the way:

    lost=True     captured, then lost on its way: the receiver never has it
    unseen=True   it arrived, but the capture lacks it (a hole)
    twin=N        seen twice, as by a mirror port; N is how much lower the copy's TTL is
    bad_sum=True  a wrong checksum, as offloading leaves it
    zero_len=True IPv4 total length 0, as offloading leaves it
    ttl, ip_id, win, seq, ack, flags, options, payload   this packet only

Nothing here is random: the same script gives the same bytes.
"""
import datetime
import ipaddress
import struct

from capfile import Packet, write_pcap, write_pcapng

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
NULL, ETHERNET, RAW, LOOP, SLL, SLL2 = 0, 1, 101, 108, 113, 276
C, S = "client", "server"


def other(side):
    return S if side == C else C


def ones(data):
    """The Internet checksum."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_options(mss=None, scale=None, sack_ok=False, stamp=None, sacks=()):
    out = b""
    if mss is not None:
        out += struct.pack(">BBH", 2, 4, mss)
    if sack_ok:
        out += b"\4\2"
    if stamp is not None:
        out += struct.pack(">BBII", 8, 10, *stamp)
    if scale is not None:
        out += struct.pack(">BBB", 3, 3, scale)
    if sacks:
        out += struct.pack(">BB", 5, 2 + 8 * len(sacks)) + b"".join(struct.pack(">II", *edge) for edge in sacks)
    return out + b"\1" * (-len(out) % 4)


def ip_header(src, dst, proto, payload, ttl=64, ip_id=0, options=b"", zero_len=False, headers=(), flags=0x4000):
    """IPv4 with options, or IPv6 with extension headers given as (type, body without its first two bytes)."""
    if src.version == 4:
        options += b"\0" * (-len(options) % 4)
        length = 0 if zero_len else 20 + len(options) + len(payload)
        head = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, length, ip_id & 0xFFFF, flags, ttl, proto, 0,
                           src.packed, dst.packed) + options
        return head[:10] + struct.pack(">H", ones(head)) + head[12:] + payload
    chain, kind = b"", proto
    for extension, body in reversed(headers):
        body += b"\0" * (-(len(body) + 2) % 8)
        chain = bytes([kind, (len(body) + 2) // 8 - 1]) + body + chain
        kind = extension
    length = 0 if zero_len else len(chain) + len(payload)
    return struct.pack(">IHBB16s16s", 6 << 28, length, kind, ttl, src.packed, dst.packed) + chain + payload


def pseudo(src, dst, proto, length):
    if src.version == 4:
        return src.packed + dst.packed + struct.pack(">BBH", 0, proto, length)
    return src.packed + dst.packed + struct.pack(">IHBB", length, 0, 0, proto)


def frame(ip, linktype, outgoing=True, vlans=()):
    """Link header around an IP packet."""
    six = ip[0] >> 4 == 6
    ethertype = 0x86DD if six else 0x0800
    tags = b"".join(struct.pack(">HH", tpid, vid) for tpid, vid in vlans)
    ends = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
    if linktype == ETHERNET:
        data = (ends[1] + ends[0] if outgoing else ends[0] + ends[1]) + tags + struct.pack(">H", ethertype) + ip
        return data + b"\0" * (60 - len(data))
    if linktype == SLL:
        kind = 4 if outgoing else 0
        return struct.pack(">HHH8sH", kind, 1, 6, ends[0] + b"\0\0", 0x8100 if tags else ethertype) + \
            (tags[2:] + struct.pack(">H", ethertype) if tags else b"") + ip
    if linktype == SLL2:
        return struct.pack(">HHIHBB8s", ethertype, 0, 2, 1, 4 if outgoing else 0, 6, ends[0] + b"\0\0") + ip
    if linktype == NULL:
        return struct.pack("<I", 30 if six else 2) + ip
    if linktype == LOOP:
        return struct.pack(">I", 24 if six else 2) + ip
    return ip


class Net:
    """One capture: connections, and what else was on the wire."""

    def __init__(self, start="2026-03-10T14:00:00Z", linktype=ETHERNET, vlans=()):
        moment = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
        self.start_ns = int(moment.timestamp()) * 10**9
        self.linktype, self.vlans, self.seen, self.ports = linktype, vlans, [], 40000

    def tcp(self, client, server, sport=None, dport=25, at=0.0, **more):
        self.ports += 7
        return Tcp(self, client, server, sport or self.ports, dport, at, **more)

    def put(self, at, ip, outgoing=True, interface=0, linktype=None):
        """An IP packet, `at` seconds after the start."""
        link = self.linktype if linktype is None else linktype
        data = frame(ip, link, outgoing, self.vlans)
        self.seen.append(Packet(self.start_ns + round(at * 10**9), data, None, interface, link))

    def packets(self):
        return sorted(self.seen, key=lambda p: p.time_ns)

    def write(self, path, **how):
        """In order of time, unless as_put=True; what else files may have: capfile.write_pcap, write_pcapng."""
        packets = self.seen if how.pop("as_put", False) else self.packets()
        if str(path).endswith(".pcapng"):
            write_pcapng(path, packets, how.pop("linktypes", (self.linktype,)), **how)
        else:
            write_pcap(path, packets, self.linktype, **how)


class Tcp:
    def __init__(self, net, client, server, sport, dport, at, rtt=0.020, near=C, mss=1460, isn=None, ttl=None,
                 scale=7, stamps=False, headers=(), ip_options=b"", think=0.0005):
        self.net, self.t, self.rtt, self.near, self.mss, self.think = net, at, rtt, near, mss, think
        self.ip = {C: ipaddress.ip_address(client), S: ipaddress.ip_address(server)}
        self.port = {C: sport, S: dport}
        self.isn = dict(isn or {C: (sport * 2654435761) & 0xFFFFFFFF, S: (sport * 40503 + dport * 977) & 0xFFFFFFFF})
        self.next = {C: 0, S: 0}      # stream position behind the last byte sent, SYN not counted
        self.has = {C: 0, S: 0}       # how much of the other side's stream this side has
        self.fin = {C: False, S: False}
        self.got_fin = {C: False, S: False}
        self.ttl = dict({C: 64, S: 57} if near == C else {C: 57, S: 64})
        self.ttl.update(ttl or {})
        self.ip_id = {C: sport, S: (sport * 3) & 0xFFFF}
        self.win, self.scale, self.stamps = {C: 502, S: 509}, scale, stamps
        self.asleep = {C: 0, S: 0}  # seconds that this host's own clock stood still
        self.headers, self.ip_options = headers, ip_options
        self.last = None              # who sent the last packet

    # --- one packet ---

    def pause(self, side):
        """Until the capture point sees `side` react to what was seen last."""
        if self.last is None:
            return 0.0
        if self.last == side:
            return 0.00002
        return self.think if side == self.near else self.rtt + self.think

    def seg(self, side, payload=b"", flags=ACK, dt=None, seq=None, ack=None, win=None, options=b"", ttl=None,
            ip_id=None, unseen=False, lost=False, twin=None, bad_sum=False, zero_len=False, at=None, stay=False):
        """One segment. seq and ack are stream positions. stay: sequence state is left as it was (resends, forgeries)."""
        self.t = at if at is not None else self.t + (self.pause(side) if dt is None else dt)
        position = self.next[side] if seq is None else seq
        behind = (0 if flags & SYN else 1) + (1 if self.fin[side] and seq is None else 0)  # SYN and FIN take a number each
        wire_seq = (self.isn[side] + behind + position) & 0xFFFFFFFF
        seen = self.has[side] + (1 if self.got_fin[side] else 0) if ack is None else ack
        wire_ack = (self.isn[other(side)] + 1 + seen) & 0xFFFFFFFF if flags & ACK else 0
        if self.stamps and not flags & RST:
            now = self.t - self.asleep[side]
            stamp = (int(now * 1000) + 1000, int((now - self.rtt) * 1000) + 1000)
            options = tcp_options(stamp=stamp) + options
        self.emit(side, wire_seq, wire_ack, flags, payload, self.win[side] if win is None else win, options, ttl,
                  ip_id, unseen, twin, bad_sum, zero_len)
        if stay:
            return
        self.next[side] = max(self.next[side], position + len(payload))
        if flags & FIN:
            self.fin[side] = True
        if not lost:
            if position <= self.has[other(side)] <= position + len(payload):
                self.has[other(side)] = position + len(payload)
            if flags & FIN and self.has[other(side)] == self.next[side]:
                self.got_fin[other(side)] = True

    def emit(self, side, wire_seq, wire_ack, flags, payload, win, options, ttl, ip_id, unseen, twin, bad_sum, zero_len):
        src, dst = self.ip[side], self.ip[other(side)]
        head = struct.pack(">HHIIBBHHH", self.port[side], self.port[other(side)], wire_seq, wire_ack,
                           (5 + len(options) // 4) << 4, flags, win, 0, 0) + options
        sum_ = ones(pseudo(src, dst, 6, len(head) + len(payload)) + head + payload)
        segment = head[:16] + struct.pack(">H", sum_ ^ 0x5555 if bad_sum else sum_) + head[18:] + payload
        self.ip_id[side] = (self.ip_id[side] + 1) & 0xFFFF
        number = self.ip_id[side] if ip_id is None else ip_id
        hops = self.ttl[side] if ttl is None else ttl
        self.last = side
        self.last_ip = ip_header(src, dst, 6, segment, hops, number, self.ip_options, zero_len, self.headers)
        if unseen:
            return
        self.net.put(self.t, self.last_ip, side == C)
        if twin is not None:
            copy = ip_header(src, dst, 6, segment, hops - twin, number, self.ip_options, zero_len, self.headers)
            self.net.put(self.t + 0.00005, copy, side == C)

    # --- steps ---

    def syn(self, side=C, dt=None, **more):
        o = tcp_options(mss=self.mss, sack_ok=True, scale=self.scale)
        self.seg(side, flags=SYN | (ACK if side == S else 0), options=o, dt=dt, win=64240, **more)

    def open(self):
        self.syn(C)
        self.syn(S)
        self.seg(C)
        return self

    def wait(self, seconds):
        self.t += seconds
        return self

    def say(self, side, what, ack=True, size=None, **more):
        """Bytes as they are; text gets CRLF line ends. Cut into segments; acknowledged by the other side."""
        data = what if isinstance(what, bytes) else ("\r\n".join(what.split("\n")) + "\r\n").encode()
        size = size or self.mss
        dt = more.pop("dt", None)
        for at in range(0, len(data), size):
            part = data[at:at + size]
            self.seg(side, part, ACK | (PSH if at + size >= len(data) else 0), dt=dt if at == 0 else None, **more)
        if ack:
            self.seg(other(side))
        return self

    def client(self, what, **more):
        return self.say(C, what, **more)

    def server(self, what, **more):
        return self.say(S, what, **more)

    def talk(self, script, ack=False):
        """Lines 'C text' and 'S text'; lines without either letter continue the step above. Acknowledged by the next step."""
        steps = []
        for text in script.strip("\n").split("\n"):
            text = text.strip()
            if text[:2] in ("C ", "S "):
                steps.append([C if text[0] == "C" else S, text[2:]])
            else:
                steps[-1][1] += "\n" + text
        for side, text in steps:
            self.say(side, text, ack=ack)
        return self

    def mail(self, sender="ann@example.org", to=("bob@example.com",), size=600, queue="4ABC12D3E4", final=None, **more):
        """One mail, answered well; final=None: the usual 250, "": no reply, else that reply."""
        self.talk(f"C MAIL FROM:<{sender}>\nS 250 2.1.0 Ok")
        for path in to:
            self.talk(f"C RCPT TO:<{path}>\nS 250 2.1.5 Ok")
        self.talk("C DATA\nS 354 End data with <CR><LF>.<CR><LF>")
        self.client(content(size, sender, to[0]) + b".\r\n", **more)
        if final is None:
            final = f"250 2.0.0 Ok: queued as {queue}"
        if final:
            self.server(final, ack=False)
        return self

    def hello(self, greeting="220 mx.example.com ESMTP", name="client.example.org", keywords=("PIPELINING", "SIZE 10240000")):
        self.server(greeting, ack=False)
        self.client(f"EHLO {name}", ack=False)
        words = ["mx.example.com", *keywords]
        self.server("\n".join(f"250{'-' if i + 1 < len(words) else ' '}{w}" for i, w in enumerate(words)), ack=False)
        return self

    def quit(self):
        return self.talk("C QUIT\nS 221 2.0.0 Bye")

    def end(self, side, dt=None, **more):
        self.seg(side, flags=FIN | ACK, dt=dt, **more)
        return self

    def close(self, first=S, dt=None):
        """FIN from both sides, all acknowledged."""
        self.end(first, dt=dt)
        self.end(other(first))
        self.seg(first)
        return self

    def reset(self, side, dt=None, **more):
        more.setdefault("win", 0)
        self.seg(side, flags=RST | ACK, dt=dt, **more)
        return self

    def refuse(self):
        """RST that answers a SYN."""
        self.seg(S, flags=RST | ACK, win=0, ack=0, seq=-1 - self.isn[S])
        return self

    def icmp(self, source, kind, code, dt=0.010, mtu=0, quoted=None, quote_len=28):
        """An ICMP error about the last packet sent, from `source` to its sender."""
        self.t += dt
        quoted = quoted or self.last_ip
        src, dst = ipaddress.ip_address(source), self.ip[C]
        if src.version == 4:
            body = struct.pack(">BBHI", kind, code, 0, mtu) + quoted[:quote_len]
            body = body[:2] + struct.pack(">H", ones(body)) + body[4:]
            proto = 1
        else:
            body = struct.pack(">BBHI", kind, code, 0, mtu) + quoted[:max(quote_len, 60)]
            body = body[:2] + struct.pack(">H", ones(pseudo(src, dst, 58, len(body)) + body)) + body[4:]
            proto = 58
        self.net.put(self.t, ip_header(src, dst, proto, body, 62, 7), False)
        return self


def content(size, sender="ann@example.org", to="bob@example.com"):
    """A message of exactly `size` octets (at least its header), CRLF at its end."""
    head = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: minutes\r\n\r\n".encode()
    line = b"The quick brown fox jumps over the lazy dog and then it sleeps well.\r\n"
    want = max(size - len(head), 3) - 2
    body = (line * (want // len(line) + 1))[:want]
    return head + (body[:-1] + b"x" if body.endswith(b"\r") else body) + b"\r\n"


# --- TLS, as far as an observer sees it ---

def record(kind, body, version=0x0303):
    return struct.pack(">BHH", kind, version, len(body)) + body


def handshake(kind, body):
    return struct.pack(">B", kind) + len(body).to_bytes(3, "big") + body


def filler(seed, length):
    """Bytes that look encrypted and are always the same."""
    out, x = bytearray(), (seed * 2654435761 + 12345) & 0xFFFFFFFF
    while len(out) < length:
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        out += x.to_bytes(4, "big")
    return bytes(out[:length])


def client_hello(name="mx.example.com", seed=1):
    sni = name.encode()
    sni = struct.pack(">HBH", len(sni) + 3, 0, len(sni)) + sni
    extensions = struct.pack(">HH", 0, len(sni)) + sni + struct.pack(">HHHH", 10, 4, 2, 23)
    body = b"\3\3" + filler(seed, 32) + b"\0" + struct.pack(">HHH", 4, 0xC02F, 0x009C) + b"\1\0" + \
        struct.pack(">H", len(extensions)) + extensions
    return record(22, handshake(1, body), 0x0301)


def server_hello(seed=2, cipher=0xC02F):
    body = b"\3\3" + filler(seed, 32) + b"\0" + struct.pack(">H", cipher) + b"\0"
    return record(22, handshake(2, body))


def tls12(c, name="mx.example.com", seed=1, certificate=900):
    """A TLS 1.2 handshake that succeeds; the certificate is filler."""
    c.client(client_hello(name, seed), ack=False)
    flight = server_hello(seed + 1) + record(22, handshake(11, (certificate + 3).to_bytes(3, "big") +
                                                           certificate.to_bytes(3, "big") + filler(seed + 2, certificate)))
    flight += record(22, handshake(12, filler(seed + 3, 329))) + record(22, handshake(14, b""))
    c.server(flight, ack=False)
    c.client(record(22, handshake(16, b"\x41" + filler(seed + 4, 65))) + record(20, b"\1") + record(22, filler(seed + 5, 40)), ack=False)
    c.server(record(20, b"\1") + record(22, filler(seed + 6, 40)), ack=False)


def hidden(c, side, length, seed=50, **more):
    """Application data of that many octets, in records of at most 16 KiB."""
    out = b""
    while length > 0:
        part = min(length, 16384)
        out += record(23, filler(seed, part))
        length -= part
    c.say(side, out, ack=False, **more)
