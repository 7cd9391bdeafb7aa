"""handshakes - TLS as it looks on the wire: messages in clear, records of the right length where they are hidden."""
import struct

import x509
from craft import C, S, filler, handshake, record

GCM, GCM_RSA, CHACHA, CBC, AES13, ANONYMOUS = 0xC02F, 0x009C, 0xCCA8, 0xC027, 0x1301, 0x00A6
CCS = record(20, b"\1")
GOOD = (x509.leaf(), x509.ISSUER)


def extension(number, body):
    return struct.pack(">HH", number, len(body)) + body


def vector(body, size=2):
    return len(body).to_bytes(size, "big") + body


def client_hello(name="mx.example.com", versions=(), legacy=0x0303, ciphers=(GCM, GCM_RSA), seed=1, more=b"", session=b""):
    out = more
    if name:
        out += extension(0, vector(b"\0" + vector(name.encode())))
    out += extension(10, vector(struct.pack(">HH", 29, 23)))
    if versions:
        out += extension(43, vector(b"".join(struct.pack(">H", v) for v in versions), 1)) + extension(51, vector(struct.pack(">H", 29) + vector(filler(seed, 32))))
    body = struct.pack(">H", legacy) + filler(seed, 32) + vector(session, 1) + vector(b"".join(struct.pack(">H", c) for c in ciphers)) + b"\1\0" + vector(out)
    return record(22, handshake(1, body), 0x0301)


def hello13(name="mx.example.com", seed=1, more=b""):
    return client_hello(name, (0x0304, 0x0303), ciphers=(AES13, 0x1302, GCM), seed=seed, more=more)


def server_hello(cipher=GCM, version=0x0303, compression=0, seed=2, session=b""):
    body = struct.pack(">H", version) + filler(seed, 32) + vector(session, 1) + struct.pack(">HB", cipher, compression)
    return record(22, handshake(2, body), version)


def server_hello13(cipher=AES13, seed=2):
    out = extension(43, b"\3\4") + extension(51, struct.pack(">H", 29) + vector(filler(seed, 32)))
    return record(22, handshake(2, b"\3\3" + filler(seed, 32) + b"\0" + struct.pack(">HB", cipher, 0) + vector(out)))


def chain_message(chain):
    return record(22, handshake(11, vector(b"".join(vector(c, 3) for c in chain), 3)))


def flight12(chain=GOOD, cipher=GCM, version=0x0303, compression=0, prime=0, request=False):
    exchange = vector(b"\xff" * (prime // 8)) + vector(b"\2") + vector(filler(7, 64)) if prime else b"\3\0\x17" + filler(8, 326)
    out = server_hello(cipher, version, compression) + (chain_message(chain) if chain is not None else b"") + record(22, handshake(12, exchange))
    if request:
        out += record(22, handshake(13, b"\2\1\x40" + vector(b"\4\1") + vector(b"")))
    return out + record(22, handshake(14, b""))


def finish12(seed=9):
    """CCS and a Finished, with AES-GCM."""
    return CCS + record(22, filler(seed, 40))


def key_exchange(certificate=None):
    shown = b"" if certificate is None else chain_message(certificate)
    return shown + record(22, handshake(16, b"\x41" + filler(5, 65)))


def flight13(size=1210, finished=53):
    """ServerHello, and hidden: extensions, certificate, its proof, Finished."""
    return server_hello13() + CCS + record(23, filler(3, 27)) + record(23, filler(4, size)) + record(23, filler(5, 281)) + record(23, filler(6, finished))


def tls12(c, name="mx.example.com", **more):
    c.client(client_hello(name), ack=False)
    c.server(flight12(**more), ack=False)
    c.client(key_exchange() + finish12(), ack=False)
    return c.server(finish12(11), ack=False)


def tls13(c, name="mx.example.com", tickets=True):
    c.client(hello13(name), ack=False)
    c.server(flight13(), ack=False)
    c.client(CCS + record(23, filler(7, 53)), ack=False)
    if tickets:
        c.server(record(23, filler(8, 250)), ack=False)
    return c


def data(c, side, *lengths, **more):
    """Records of application data in one go; lengths of what is inside plus what the cipher adds."""
    return c.say(side, b"".join(record(23, filler(n + k, n)) for k, n in enumerate(lengths)), ack=False, **more)


def mail(c, extra=24):
    """EHLO to QUIT inside TLS, the server's reply to it; AES-GCM of TLS 1.2 adds 24 octets, of TLS 1.3 17."""
    data(c, C, 24 + extra)
    data(c, S, 120 + extra)
    data(c, C, 70 + extra)
    data(c, S, 60 + extra)
    data(c, C, 900 + extra)
    data(c, S, 44 + extra)
    data(c, C, 6 + extra)
    return data(c, S, 15 + extra)


def close_notify(c, side, extra=24, hidden=False):
    return c.say(side, record(23 if hidden else 21, filler(2, 2 + extra)), ack=False)
