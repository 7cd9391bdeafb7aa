#!/usr/bin/env python3
"""Golden reports: what the program prints for a capture, kept and compared byte for byte.

usage: run.py WIRETALE [NAME...] [--write]

LIST has one line per report: name, capture (in pcaps/), options, file with what is expected (in this folder). Times are
UTC, no terminal, no colour. A difference is shown as a diff; --write replaces the expected files, to be read
line by line before they are committed. {tool} in the expected file stands for the program's name and version, {table} and
{thresholds} for the thresholds.
"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PCAPS = HERE.parent.parent / "pcaps"


def listed():
    for line in (HERE / "LIST").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, capture, options, expected = (part.strip() for part in line.split("|"))
            yield name, capture, shlex.split(options), HERE / expected


def produce(program, capture, options):
    verb, rest = options[0], options[1:]
    environment = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", COLUMNS="100", NO_COLOR="1")
    run = subprocess.run([program, verb, capture, *rest], cwd=PCAPS, env=environment, capture_output=True, timeout=60)
    told = run.stdout.decode() + "".join(f"stderr: {line}\n" for line in run.stderr.decode().splitlines())
    told = re.sub(r"wiretale \d+\.\d+\.\d+[\w.+-]*", "{tool}", told)
    # The table of thresholds grows with the rules; tests/test_cli.sh looks at it.
    told = re.sub(r'"thresholds":\{[^}]*\}', '"thresholds":{table}', told)
    told = re.sub(r"(  <threshold [^\n]*\n)+", "  {thresholds}\n", told)
    return told + (f"exit {run.returncode}\n" if run.returncode else "")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("names", nargs="*"), ap.add_argument("--write", action="store_true")
    a = ap.parse_args()
    total = good = 0
    program = str(pathlib.Path(a.program).resolve())
    for name, capture, options, expected in listed():
        if a.names and name not in a.names:
            continue
        total += 1
        got = produce(program, capture, options)
        want = expected.read_text() if expected.exists() else ""
        good += got == want
        if got != want:
            sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), f"{name}: expected", f"{name}: told"))
            if a.write:
                expected.write_text(got)
    print(f"{good} of {total} golden reports are as they were")
    return 0 if total and good == total else 1


if __name__ == "__main__":
    sys.exit(main())
