#!/usr/bin/env python3
"""Every finding of notice or worse told of the real captures stands in real_told.tsv, with the reason why it is true.

usage: real_told.py WIRETALE

The captures are not ours to copy: they are looked for in $WIRETALE_SHARED, else in ../shared beside the sources; where they are
not, the test is skipped (exit 77).
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def told(program, path):
    run = subprocess.run([program, "read", str(path), "--redact", "none", "--jsonl", "-"], capture_output=True, timeout=120)
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["event"]["dataset"] == "wiretale.session":
            for f in record.get("findings", ()):
                if f["severity"] != "info":
                    yield f["rule"], f["severity"], path.name


def defended():
    out = collections.Counter()
    for line in (HERE / "real_told.tsv").read_text().splitlines():
        if not line.startswith("#"):
            rule, severity, why, captures = line.split("\t")
            assert len(why) > 20, f"{rule}: no reason"
            for capture in captures.split():
                name, _, count = capture.partition("*")
                out[rule, severity, name] += int(count or 1)
    return out


def main():
    home = pathlib.Path(os.environ.get("WIRETALE_SHARED", HERE.parent.parent / "shared")) / "captures" / "smtp"
    if not home.is_dir():
        return 77
    got = collections.Counter(key for path in sorted(home.iterdir()) for key in told(sys.argv[1], path))
    want = defended()
    for key in sorted(got.keys() | want.keys()):
        if got[key] != want[key]:
            print(f"{key[2]}: {key[0]} ({key[1]}) told {got[key]} times, defended {want[key]} times")
    print(f"{sum(got.values())} findings of notice or worse, {sum(want.values())} defended")
    return int(got != want)


if __name__ == "__main__":
    sys.exit(main())
