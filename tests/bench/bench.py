#!/usr/bin/env python3
"""bench.py - what many small sessions cost: processor time beside a bare libpcap loop, memory of an idle one.

usage: bench.py BINARY [--sessions 50000] [--rounds 7] [--session CAPTURE] [--idle-packets 12] [--keep DIR]

One real session is multiplied: copy k has other networks in both addresses and begins 20 ms after the one
before. The programs are run in turn, so that what else the machine does strikes both; processor seconds are
user and system together, smallest and median. For the memory, copies of the session's first packets (to the
reply to RCPT) are all open at once; the difference between two such captures is that of their sessions.
"""
import argparse
import heapq
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import capfile  # noqa: E402

SESSION = HERE.parent.parent / "pcaps" / "lab" / "healthy-postfix-smtplib.pcap"
ETHERNET, ADDRESSES = 1, 26  # where the addresses of IPv4 over Ethernet stand
FEW, MANY = 24000, 72000  # idle sessions: more than LIMIT_WARM_BYTES leaves unpacked
COPIES_MAX = 40000  # beyond, the client's port is another as well


def copy_of(data, k, client_port):
    """The packet as one of session k. Checksums stay as they were: nobody looks at them."""
    out = bytearray(data)
    for at in (ADDRESSES, ADDRESSES + 4):
        struct.pack_into(">H", out, at, (struct.unpack_from(">H", out, at)[0] + k % COPIES_MAX) & 0xFFFF)
    ports = 14 + (out[14] & 15) * 4
    for at in (ports, ports + 2):
        if struct.unpack_from(">H", out, at)[0] == client_port:
            struct.pack_into(">H", out, at, (client_port + k // COPIES_MAX) & 0xFFFF)
    return bytes(out)


def multiply(session, path, copies, apart_ns, cut=None):
    packets = session[:cut]
    client_port = max(struct.unpack_from(">HH", packets[0].data, 14 + (packets[0].data[14] & 15) * 4))
    begin = packets[0].time_ns
    due = [(begin + k * apart_ns, k, 0) for k in range(copies)]
    heapq.heapify(due)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", capfile.NANO, 2, 4, 0, 0, 262144, ETHERNET))
        while due:
            time_ns, k, i = due[0]
            data = copy_of(packets[i].data, k, client_port)
            out.write(struct.pack("<IIII", *divmod(time_ns, 10**9), len(data), packets[i].wire_len) + data)
            if i + 1 < len(packets):
                after = max(packets[i + 1].time_ns - packets[i].time_ns, 0) if cut is None else 1
                heapq.heapreplace(due, (time_ns + after, k, i + 1))
            else:
                heapq.heappop(due)


def cost(command):
    """Processor seconds and the largest memory in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    used = os.wait4(process.pid, 0)[2]
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--sessions", type=int, default=50000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--session", default=SESSION)
    parser.add_argument("--idle-packets", type=int, default=12)
    parser.add_argument("--keep", help="a directory for the captures")
    args = parser.parse_args()
    session = capfile.read(args.session)[1]
    with tempfile.TemporaryDirectory() as made:
        work = pathlib.Path(args.keep or made)
        loop, small = pathlib.Path(made) / "loop", work / "small.pcap"
        subprocess.run(["cc", "-O2", "-o", loop, HERE / "loop.c", "-lpcap"], check=True)
        multiply(session, small, args.sessions, 20 * 10**6)
        commands = {"loop": [loop, small], "wiretale": [args.binary, "read", small]}
        times = {name: [] for name in commands}
        for _ in range(args.rounds):
            for name, command in commands.items():
                times[name].append(cost(command)[0])
        print(f"{args.sessions} sessions, {args.sessions * len(session)} packets, {args.rounds} rounds in turn")
        for name, t in times.items():
            print(f"  {name:9} {min(t):.3f} s at least, {statistics.median(t):.3f} s median")
        print(f"  ratio     {min(times['wiretale']) / min(times['loop']):.1f}, of the medians "
              f"{statistics.median(times['wiretale']) / statistics.median(times['loop']):.1f}")
        memory = {}
        for copies in FEW, MANY:
            idle = work / f"idle{copies}.pcap"
            multiply(session, idle, copies, 1000, cut=args.idle_packets)
            memory[copies] = cost([args.binary, "read", idle])[1]
        print(f"  an idle session takes {(memory[MANY] - memory[FEW]) / (MANY - FEW):.0f} bytes")


if __name__ == "__main__":
    main()
