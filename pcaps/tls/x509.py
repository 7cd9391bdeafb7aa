"""x509 - certificates for captures, always the same bytes, signed for real. RFC 5280.

The keys below are made for these captures and are good for nothing else: everybody has them.
"""
import base64
import datetime
import hashlib
import ipaddress


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(size.to_bytes((size.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + body


def seq(*parts):
    return der(0x30, *parts)


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = [int(p) for p in text.split(".")]
    out = bytearray([first * 40 + second])
    for n in rest:
        part = [n & 0x7F]
        while n := n >> 7:
            part.append(0x80 | n & 0x7F)
        out += bytes(reversed(part))
    return der(6, bytes(out))


NULL, TRUE = der(5), der(1, b"\xff")
DIGESTS = {"md5": ("1.2.840.113549.1.1.4", "1.2.840.113549.2.5"), "sha1": ("1.2.840.113549.1.1.5", "1.3.14.3.2.26"),
           "sha256": ("1.2.840.113549.1.1.11", "2.16.840.1.101.3.4.2.1")}


class Key:
    """RSA."""

    def __init__(self, p, q):
        self.n, self.d = p * q, pow(65537, -1, (p - 1) * (q - 1))

    def public(self):
        return seq(seq(oid("1.2.840.113549.1.1.1"), NULL), der(3, b"\0", seq(integer(self.n), integer(65537))))

    def sign(self, data, digest="sha256"):
        info = seq(seq(oid(DIGESTS[digest][1]), NULL), der(4, hashlib.new(digest, data).digest()))
        size = (self.n.bit_length() + 7) // 8
        padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
        return pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(size, "big")


class Point:
    """P-256 with the curve's own base point as the key: good enough to be shown."""

    def public(self):
        point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
        return seq(seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), der(3, b"\0", bytes.fromhex(point)))


AUTHORITY = Key(int("fcc671f8ad0d03420f95947134925615f2abb1014d5c6767c0caac0b8208f3f91c855a4ea30bb0cea43f38e74256b773ec40"
            "83ebe9869c600aef2c22d11834506be7f0d568b5cbdbd200b715a3fa9244f5c55beb70897a19337bb5dd3c1fa75a47588fd7"
            "6f5cdb9ba70c1e16a87670f89bd4aed0521f1178381bdf0c4c0f4ec1", 16),
        int("f22da51ffe6f2ec32368b3e51d1710bf675c7853bd9b5e1a47499460456f489a49f9146eeca01b094b320d7b50c3a858d2cd"
            "770b7684eb65cb80a533ad94ac8bed329643953863ba89283e3ae9a9fa1dfde5d6f1c722f06cd55bca160eefc52eeaf3432d"
            "541005b0ffc6d01c693ad011ed23a781a7d7ddc817fe26e04a658bb5", 16))
SERVER = Key(int("ca81f9638f7f9c84196cb3951f4e0086ba9120741aaa8724bcbdfc1c847cb172c76ba265f5bca68420cfa55fa7d6be3a41c5"
            "552ce19c02765c4c6f23ffc6100c21f02ff9bc0d85708ce316cfe9bc05f33aac1876a812f4e3f3169d8550ad7bb3aa10ff60"
            "23b8fb2a4a74a355077a6a18714f073295effdbd06624f159a272dbb", 16),
        int("c7dffc70a40ee591e3b540417713d23b7a5d024712f89ce84f6740d06143d363486aad8898ef23246ce28e6e54e87a15e515"
            "d4cc364c01e2e15b9440d64621e48eddc23e838884f2c38840b4571de9b7eeb040472ee4adb063a272f15a1049b2ea36791b"
            "1f1e098f40cfa0afa4928d87b17bd47eb42eb5609bcd294222eac4a7", 16))
WEAK = Key(int("f745ca27972b905de4c9896522e6c159623632ed4bddf232d0c1fa9d8738cb5a2501a6de68970ebc811ba2c319f05b46c6be"
            "4704a7ffe8aae897b3055c1a6295", 16),
        int("d9f686e8746b8af48b2ad936b15ea530adce217704859438713f6ac36befe7c2b5a4d836c19a1e3cae938812bcfd18f7c050"
            "1c0db61394008caff049a4e55597", 16))
POINT = Point()


def name(common, organization=None):
    parts = [der(0x31, seq(oid("2.5.4.10"), der(12, organization.encode())))] if organization else []
    return seq(*parts, der(0x31, seq(oid("2.5.4.3"), der(12, common.encode()))))


def moment(text):
    return der(0x17, datetime.datetime.fromisoformat(text).strftime("%y%m%d%H%M%SZ").encode())


def extension(number, body, critical=False):
    return seq(oid(number), *([TRUE] if critical else []), der(4, body))


def alternative(text):
    try:
        return der(0x87, ipaddress.ip_address(text).packed)
    except ValueError:
        return der(0x82, text.encode())


def certificate(subject, issuer, key=SERVER, signer=AUTHORITY, names=(), start="2026-01-01", end="2027-01-01", serial=4660, digest="sha256",
                authority=False, organization=None, issuer_organization="Example Authority"):
    """DER. names: host names and addresses of subjectAltName."""
    extensions = [extension("2.5.29.19", seq(TRUE) if authority else seq(), True)]
    if names:
        extensions.append(extension("2.5.29.17", seq(*[alternative(n) for n in names])))
    algorithm = seq(oid(DIGESTS[digest][0]), NULL)
    body = seq(der(0xA0, integer(2)), integer(serial), algorithm, name(issuer, issuer_organization), seq(moment(start), moment(end)),
               name(subject, organization), key.public(), der(0xA3, seq(*extensions)))
    return seq(body, algorithm, der(3, b"\0", signer.sign(body, digest)))


def pem(*certificates):
    return "".join("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(c).decode() + "-----END CERTIFICATE-----\n" for c in certificates)


O = "Example Authority"
ROOT = certificate("Example Root", "Example Root", AUTHORITY, AUTHORITY, start="2020-01-01", end="2040-01-01", serial=1, authority=True, organization=O)
ISSUER = certificate("Example Issuer", "Example Root", AUTHORITY, AUTHORITY, start="2022-01-01", end="2032-01-01", serial=2, authority=True,
                     organization=O)


def leaf(host="mx.example.com", **more):
    """Made out to host by the intermediate, unless said otherwise."""
    more.setdefault("names", (host,))
    return certificate(host, more.pop("issuer", "Example Issuer"), **more)


def self_signed(host="mx.example.com", **more):
    more.setdefault("names", (host,))
    return certificate(host, host, SERVER, SERVER, issuer_organization=None, **more)
