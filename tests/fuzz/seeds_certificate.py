#!/usr/bin/env python3
"""Make the seed corpus of fuzz_certificate: certificates of our own, of every kind of key, name and date that its reader tells apart.

usage: seeds_certificate.py        (writes tests/fuzz/corpus/certificate/seed-*)

Made by the openssl program, with an issuer whose certificate stands in fuzz_certificate.c and whose key is 32 octets of 7. The other
keys are new with each run, so the files are too: the stored ones are those of one run. What no program makes (dates, versions, keys
and texts that are none) is written here octet by octet.
"""
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "corpus" / "certificate"
ROOT_KEY = bytes.fromhex("302e020100300506032b657004220420") + bytes([7]) * 32

KEYS = {"rsa": ["RSA", "rsa_keygen_bits:1024"], "rsa-pss": ["RSA-PSS", "rsa_keygen_bits:1024"], "ec": ["EC", "ec_paramgen_curve:P-256"],
        "ec-explicit": ["EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"], "ec-binary": ["EC", "ec_paramgen_curve:sect163k1"],
        "ed25519": ["ED25519"], "ed448": ["ED448"], "x25519": ["X25519"]}
NAMES = {
    "plain": "subjectAltName=DNS:mx.example.org",
    "many": "subjectAltName=DNS:mx.example.org,DNS:*.example.net,IP:192.0.2.25,IP:2001:db8::25,email:a@example.org,URI:smtp://mx.example.org,"
            "RID:1.2.3.4,otherName:1.2.3.4;UTF8:word,dirName:folder\n[folder]\nCN=inside",
    "usage": "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nextendedKeyUsage=serverAuth\n"
             "nameConstraints=permitted;DNS:.example.org,excluded;IP:192.0.2.0/255.255.255.0\ncertificatePolicies=1.2.3.4\npolicyConstraints=requireExplicitPolicy:1\n"
             "crlDistributionPoints=URI:http://crl.example.org/\nauthorityInfoAccess=OCSP;URI:http://ocsp.example.org/\nsubjectAltName=DNS:ca.example.org",
    "wrong": "subjectAltName=DER:30:06:82:02:00:61:87:00\nbasicConstraints=DER:30:00:00",
    "none": "keyUsage=digitalSignature",
}


def run(*arguments, given=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=given, check=True, capture_output=True).stdout


def issued(work, key, subject, extensions, *more):
    (work / "ext").write_text(extensions + "\n")
    request = run("req", "-new", "-utf8", "-key", key, "-subj", subject) if key.stem != "x25519" else None
    force = []
    if request is None:  # such a key signs nothing: another one asks for it
        request = run("req", "-new", "-key", work / "ec.key", "-subj", subject)
        (work / "public").write_bytes(run("pkey", "-in", key, "-pubout"))
        force = ["-force_pubkey", work / "public"]
    return run("x509", "-req", "-CA", work / "root.pem", "-CAkey", work / "root.key", "-days", "4000", "-outform", "DER", "-extfile", work / "ext",
               *force, *more, given=request)


def der(tag, *content):
    body = b"".join(content)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def by_hand(version=b"\2", serial=b"\1", dates=(b"\x17\x0d260101000000Z", b"\x17\x0d360101000000Z"), name=der(0x0C, b"mx.example.org"),
            algorithm="06032b6570", extensions=b"", key=bytes(32)):
    sequence, algorithm = 0x30, der(0x30, bytes.fromhex(algorithm))
    names = der(sequence, der(0x31, der(sequence, bytes.fromhex("0603550403"), name)))
    inside = der(sequence, der(0xA0, der(2, version)), der(2, serial), algorithm, names, der(sequence, *dates), names,
                 der(sequence, algorithm, der(3, b"\0" + key)), extensions)
    return der(sequence, inside, algorithm, der(3, bytes(65)))


def strange():
    yield "by-hand", by_hand()
    yield "version-9", by_hand(version=b"\x09")
    yield "serial-negative", by_hand(serial=b"\x80\x01")
    yield "serial-long", by_hand(serial=b"\x7f" * 300)
    yield "serial-none", by_hand(serial=b"")
    yield "dates-general", by_hand(dates=(b"\x18\x0f19500101000000Z", b"\x18\x0f99991231235959Z"))
    yield "dates-wrong", by_hand(dates=(b"\x17\x0d269999000000Z", b"\x17\x06abcdef"))
    yield "dates-zone", by_hand(dates=(b"\x17\x112601010000+0130", b"\x18\x1320260101000000.5Z"))
    yield "name-bmp", by_hand(name=der(0x1E, "é☃".encode("utf-16-be")))
    yield "name-bmp-odd", by_hand(name=der(0x1E, b"abc"))
    yield "name-universal", by_hand(name=der(0x1C, "☃".encode("utf-32-be")))
    yield "name-t61-control", by_hand(name=der(0x14, b"a\0b\x1b[2J\r\n"))
    yield "name-utf8-wrong", by_hand(name=der(0x0C, b"\xff\xc0\x80"))
    yield "name-long", by_hand(name=der(0x0C, b"n" * 2000))
    yield "name-empty", by_hand(name=der(0x0C))
    yield "key-unknown", by_hand(algorithm="06032a0304")
    yield "key-none", by_hand(key=b"")
    names = der(0x30, *[der(0x82, b"a%d.example" % i) for i in range(120)])
    yield "names-120", by_hand(extensions=der(0xA3, der(0x30, der(0x30, bytes.fromhex("0603551d11"), der(4, names)))))
    yield "extension-twice", by_hand(extensions=der(0xA3, der(0x30, *[der(0x30, bytes.fromhex("0603551d11"), der(4, der(0x30, der(0x82, b"mx"))))] * 2)))


def made():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "root.der").write_bytes(ROOT_KEY)
        (work / "root.key").write_bytes(run("pkey", "-inform", "DER", "-in", work / "root.der"))
        lines = re.findall(r'"([^"]*)\\n"', (HERE / "fuzz_certificate.c").read_text())
        (work / "root.pem").write_text("\n".join(lines) + "\n")
        root = run("x509", "-in", work / "root.pem", "-outform", "DER")
        yield "root", root
        for name, (method, *options) in KEYS.items():
            arguments = [word for option in options for word in ("-pkeyopt", option)]
            (work / f"{name}.key").write_bytes(run("genpkey", "-algorithm", method, *arguments))
        for name in KEYS:
            yield f"key-{name}", issued(work, work / f"{name}.key", "/O=Example/CN=mx.example.org", NAMES["plain"])
        for name, extensions in NAMES.items():
            yield f"names-{name}", issued(work, work / "ed25519.key", "/CN=mx.example.org", extensions)
        yield "subject-many", issued(work, work / "ed25519.key", "/C=XX/ST=Ä/L=\\/x/O=a+OU=b/CN=one/CN=two/emailAddress=a@example.org/serialNumber=1", NAMES["none"])
        for hash_name in ("sha1", "md5", "sha384"):
            yield f"self-{hash_name}", run("req", "-x509", "-key", work / "rsa.key", f"-{hash_name}", "-subj", "/CN=self", "-outform", "DER")
        yield "self-ec", run("req", "-x509", "-key", work / "ec.key", "-subj", "/CN=self", "-outform", "DER")
        for name in ("ed25519.ca", "ed25519.leaf"):
            (work / name).write_bytes(run("genpkey", "-algorithm", "ED25519"))
        (work / "middle.der").write_bytes(issued(work, work / "ed25519.ca", "/CN=Middle", "basicConstraints=CA:TRUE"))
        (work / "middle.pem").write_bytes(run("x509", "-inform", "DER", "-in", work / "middle.der"))
        request = run("req", "-new", "-key", work / "ed25519.leaf", "-subj", "/CN=mx.example.org")
        (work / "ext").write_text(NAMES["plain"] + "\n")
        leaf = run("x509", "-req", "-CA", work / "middle.pem", "-CAkey", work / "ed25519.ca", "-days", "4000", "-outform", "DER",
                   "-extfile", work / "ext", given=request)
        yield "chain", leaf + (work / "middle.der").read_bytes()
        yield "chain-with-root", leaf + (work / "middle.der").read_bytes() + root


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    seeds = dict([*made(), *strange()])
    for old in FOLDER.glob("seed-*"):
        old.unlink()
    for name, data in seeds.items():
        (FOLDER / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
