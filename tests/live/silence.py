#!/usr/bin/env python3
"""Mail that stops coming is told while it lasts, and that it comes again: `wiretale replay` of an hour and a half; so are
checks that are expected (--probe) and stay away.

usage: silence.py WIRETALE

A mail every 20 s, probes every minute; for some time only the probes come. Near misses: nothing comes at all meanwhile; a
connection that has been open since before goes on sending.
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from adversary import ACK, FIN, Talk, Wire  # noqa: E402

BEGIN = 1700000000
PROBE, SENDER = 0xC0000263, 0xC0000201


def at(wire, second):
    wire.time = (BEGIN + second) * 1000000


def close(talk):
    talk.send("c", b"QUIT\r\n")
    talk.send("s", b"221 bye\r\n")
    talk.send("s", flags=FIN | ACK)
    talk.send("c", flags=FIN | ACK)
    talk.send("s")


def deliver(talk):
    talk.mail()
    talk.send("c", b"DATA\r\n")
    talk.send("s", b"354 go on\r\n")
    talk.send("c", b"Subject: x\r\n\r\nx\r\n.\r\n")
    talk.send("s", b"250 ok\r\n")


def capture(path, silent, probed=True, open_one=False, away=0):
    """silent: seconds without mail; away: seconds without checks."""
    with open(path, "wb") as out:
        wire, port = Wire(out), 20000
        kept = None
        for second in range(0, 6000, 20):
            port += 1
            at(wire, second)
            if second == 0 and open_one:
                kept = Talk(wire, sport=19999).open().hello()
            if not 4000 <= second < 4000 + silent:
                talk = Talk(wire, SENDER, port).open().hello()
                deliver(talk)
                close(talk)
            elif kept:
                deliver(kept)
            unprobed = away if probed else silent
            if second % 60 == 0 and not 4000 <= second < 4000 + unprobed:
                at(wire, second + 5)
                close(Talk(wire, PROBE, port).open().hello())
        wire.flush()


def told(program, verb, path, words=("mail-silence", "Mail stopped")):
    run = subprocess.run([program, *verb, path], capture_output=True, text=True, timeout=120)
    return [line for line in run.stdout.splitlines() if any(word in line for word in words)]


def main():
    program, faults = sys.argv[1], []
    replay = ["replay", "--speed", "max"]
    with tempfile.TemporaryDirectory() as folder:
        for name, expected, how in (("silence", True, {"silent": 900}), ("short", False, {"silent": 500}),
                                    ("nobody", False, {"silent": 900, "probed": False}),
                                    ("open", False, {"silent": 900, "open_one": True})):
            path = f"{folder}/{name}.pcap"
            capture(path, **how)
            lines = told(program, replay, path)
            opened = [line for line in lines if " OPEN " in line]
            closed = [line for line in lines if " closed " in line]
            if expected != (len(opened) == 1) or expected != (len(closed) == 1):
                faults.append(f"{name}: replay tells {lines}")
            # Told while it lasts: 22:13:20 + 3980 s was the last mail, and 900 s later it comes again.
            if expected and opened and not "23:29:" < opened[0][:6] < "23:34:":
                faults.append(f"{name}: told at {opened[0][:8]}")
            if expected != bool(told(program, ["read"], path)):
                faults.append(f"{name}: read tells it {'not' if expected else 'all the same'}")
        # Checks come every minute, the last at 23:19:25; then none for a quarter of an hour, while mail goes on. A tenth, 2 s,
        # and 10 s until a session is counted: 23:20:43, and packets come every 20 s.
        capture(f"{folder}/away.pcap", 0, away=900)
        for every, expected in (("60", 1), ("1800", 0)):
            verb = [*replay, "--probe", f"192.0.2.99={every}"]
            lines = told(program, verb, f"{folder}/away.pcap", (" synthetic-probe-failed 192.0.2.99",))
            opened = [line for line in lines if " OPEN " in line]
            if len(opened) != expected or len(lines) != 2 * expected:
                faults.append(f"checks every {every} s: replay tells {lines}")
            if opened and not "23:20:50" <= opened[0][:8] <= "23:21:20":
                faults.append(f"checks: told at {opened[0][:8]}")
    print("\n".join(faults) or "mail and checks that stay away are told while it lasts")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
