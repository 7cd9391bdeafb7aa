#!/usr/bin/env python3
"""The demonstration: an hour at a relay, assembled from sessions that the laboratory recorded.

usage: hour.py [--into FOLDER]        (default: pcaps/demo)

At 14:22:40 mail.partner.example stops answering the final dot; the relay's three other destinations are fine, but for
what a normal hour brings. Nothing is invented but the timetable: every session is one from pcaps/lab, packet for
packet with its own gaps. Changed are the times, the client's port, the server's address, the server's name (the word
"partner" by another of seven letters), and recipient, Message-ID and queue id, so that each mail is another one;
checksums are computed anew. Packets after the hour are left out: the capture ends. The timetable is drawn
by a generator with a fixed seed, so the result is always the same.
"""
import argparse
import gzip
import ipaddress
import json
import pathlib
import random
import re
import struct

LAB = pathlib.Path(__file__).resolve().parent.parent.parent / "pcaps" / "lab"
START = 1_773_151_200  # 2026-03-10 14:00:00 UTC
LENGTH, ONSET = 3600.0, 22 * 60 + 40.0
RELAY = "192.0.2.10"
PEOPLE = (b"ann", b"eve", b"tom", b"kim", b"max", b"zoe", b"leo", b"ida")
# destination: address, seven letters of its name, seconds between two mails, the recording
USUAL = {"partner": ("198.51.100.25", b"partner", 70, "healthy-postfix-scripted"),
         "gallery": ("203.0.113.25", b"gallery", 55, "healthy-postfix-postfix"),
         "library": ("203.0.113.77", b"library", 85, "healthy-plain-no-extensions"),
         "company": ("203.0.113.90", b"company", 110, "healthy-exim-starttls")}
HUNG = "eod-hang-600s"
# minute, recording, which of its sessions (together they keep their distance), destination
BESIDES = ((7.05, "refused-recipients-postfix", (0,), "library"), (12.6, "sequence-503", (0,), "gallery"),
           (15.1, "healthy-greylisted", (0, 1), "company"), (31.2, "transport-reset-injected", (0,), "library"),
           (41.5, "plaintext-to-465", (0,), "company"), (47.3, "refused-too-large", (0,), "gallery"))


def total(data):
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return ~value & 0xFFFF


def recording(name):
    """[(time, frame)] and the truth of a recording."""
    truth = next(t for t in json.loads((LAB / "TRUTH.json").read_text()) if t["scenario"] == name)
    data = (LAB / truth["file"]).read_bytes()
    data = gzip.decompress(data) if truth["file"].endswith(".gz") else data
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    frames, at = [], 24
    while at < len(data):
        seconds, micros, length, _ = struct.unpack_from(f"{order}IIII", data, at)
        frames.append((seconds + micros / 1e6, data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames, truth


def ends(frame):
    """Client's port of a TCP frame, and whether the client sent it."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None, False
    head = 14 + (frame[14] & 15) * 4
    source, target = struct.unpack_from("!HH", frame, head)
    from_client = frame[26:30] == ipaddress.ip_address(RELAY).packed
    return (source if from_client else target), from_client


def rewritten(frame, from_client, port, server, change):
    head = 14 + (frame[14] & 15) * 4
    body = head + (frame[head + 12] >> 4) * 4
    end = 14 + struct.unpack_from("!H", frame, 16)[0]
    ip, tcp = bytearray(frame[14:head]), bytearray(frame[head:body])
    payload = change(frame[body:end])
    ip[16 if from_client else 12:20 if from_client else 16] = ipaddress.ip_address(server).packed
    struct.pack_into("!H", tcp, 0 if from_client else 2, port)
    ip[10:12] = tcp[16:18] = b"\0\0"
    struct.pack_into("!H", ip, 10, total(bytes(ip)))
    pseudo = bytes(ip[12:20]) + struct.pack("!BBH", 0, 6, len(tcp) + len(payload))
    struct.pack_into("!H", tcp, 16, total(pseudo + bytes(tcp) + payload))
    return frame[:14] + bytes(ip) + bytes(tcp) + payload


class Hour:
    def __init__(self):
        self.packets, self.truths, self.serial, self.cache = [], [], 0, {}

    def add(self, name, which, at, destination):
        """Copies sessions of a recording to that moment; returns their truths."""
        if name not in self.cache:
            self.cache[name] = recording(name)
        frames, truth = self.cache[name]
        server, word = USUAL[destination][:2]
        first = None
        for number in which:
            told = json.loads(json.dumps(truth["sessions"][number]))
            old = int(told["client"].rsplit(":", 1)[1])
            self.serial += 1
            port, serial = 32768 + self.serial * 37 % 28000, self.serial

            def change(payload):
                payload = payload.replace(b"partner", word).replace(b"bob", PEOPLE[serial % len(PEOPLE)])
                payload = re.sub(rb"[0-9a-f]{16}(?=@client\.example)", f"{serial * 0x9E3779B97F4A7C15 & (1 << 64) - 1:016x}".encode(), payload)
                return re.sub(rb"(?<=queued as )[0-9A-Z]+", lambda m: f"{serial * 0x9E3779B1 + 0x4A000000:X}".rjust(len(m[0]), "4")[-len(m[0]):].encode(), payload)
            last = at
            for moment, frame in frames:
                client, from_client = ends(frame)
                if client != old:
                    continue
                first = moment if first is None else first
                last = at + moment - first
                if last < LENGTH:
                    self.packets.append((last, len(self.packets), rewritten(frame, from_client, port, server, change)))
            told.update(client=f"{RELAY}:{port}", server=f"{server}:{told['server'].rsplit(':', 1)[1]}")
            told["outcome_truth"] += f" (recorded as {name})"
            if last >= LENGTH:
                told.update(expect_primary=[], points_to=[], expect_also=["capture-ends-open"], messages_accepted=0,
                            outcome_truth="no reply to the final dot when the capture ended", allow=[],
                            forbid=["data-final-timeout", "client-timeout-too-short", "data-aborted", "client-abort-eod"])
            told.pop("server_log", None)
            self.truths.append((at, told))

    def write(self, into):
        into.mkdir(parents=True, exist_ok=True)
        out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
        for moment, _, frame in sorted(self.packets):
            whole = START * 1_000_000 + round(moment * 1e6)
            out += struct.pack("<IIII", whole // 1_000_000, whole % 1_000_000, len(frame), len(frame)) + frame
        (into / "hour.pcap.gz").write_bytes(gzip.compress(out, 9, mtime=0))
        truth = {"file": "hour.pcap.gz", "scenario": "hour", "how": "An hour at a relay, assembled from the laboratory's sessions by tests/lab/hour.py: "
                 "from 14:22:40 on one destination accepts every message and never answers its final dot.", "vantage": "client",
                 "sessions": [t for _, t in sorted(self.truths, key=lambda pair: pair[0])], "max_severity_allowed": None,
                 "expect_capture": [["fleet-destination-failing", "fleet-one-mx-bad", "fleet-one-backend-bad"]]}
        (into / "TRUTH.json").write_text(json.dumps([truth], indent=1) + "\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--into", default=str(LAB.parent / "demo"))
    hour, dice = Hour(), random.Random(20260310)
    for destination, (_, _, pause, usual) in USUAL.items():
        at = dice.uniform(5, pause)
        while at < LENGTH - 10:
            hour.add(HUNG if destination == "partner" and at >= ONSET else usual, (0,), at, destination)
            at += dice.uniform(0.6, 1.4) * pause
    hour.add(HUNG, (0,), ONSET, "partner")
    for minute, name, which, destination in BESIDES:
        hour.add(name, which, minute * 60, destination)
    hour.write(pathlib.Path(ap.parse_args().into))


if __name__ == "__main__":
    main()
