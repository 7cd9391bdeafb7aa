#!/usr/bin/env python3
"""The recordings of the laboratory (pcaps/lab), told as their truth says, messages counted as the servers' own logs do.

Those with key logs line by line as the server logged them, as recorded and in other segments.

usage: recorded.py WIRETALE [--only TEXT]
"""
import argparse
import copy
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from labkit import judge  # noqa: E402

ap = argparse.ArgumentParser()
ap.add_argument("program"), ap.add_argument("--only", default="")
a = ap.parse_args()
home = judge.SOURCE / "pcaps" / "lab"
truths = [t for t in json.loads((home / "TRUTH.json").read_text()) if a.only in t["file"]]
good = sessions = compared = opened = lines = 0


def told_of(truth):
    return [o.replace("HERE/", f"{home}/") for o in truth["options"]]


def spoiled(truth):
    """The server would have said something else once, to one client."""
    other = copy.deepcopy(truth)
    said = other["sessions"][-1]["server_dialogue"]
    said[-2] = said[-2][:-1] + ("x" if said[-2][-1] != "x" else "y")
    return other


for truth in truths:
    faults = list(judge.wiretale_faults(a.program, home, truth))
    good += not faults
    sessions += len(truth["sessions"])
    compared += sum("server_log" in s for s in truth["sessions"])
    opened += len(truth["sessions"]) if "options" in truth else 0
    lines += sum(len(s.get("server_dialogue", ())) for s in truth["sessions"])
    if "options" in truth and not list(judge.dialogue_faults(a.program, home, spoiled(truth), told_of(truth))):
        print(f"{truth['file']}: a server's log with another line is told as equal")
        good -= 1
    for fault in faults:
        print(f"{truth['file']} {fault}")
if not a.only:
    files = {t["file"] for t in truths}
    for path in home.glob("*.keys"):
        if not any(f"HERE/{path.name}" in t.get("options", ()) for t in truths):
            print(f"{path.name} belongs to no recording")
            good = -1
    for path in home.glob("*.pcap*"):
        if path.name not in files:
            print(f"{path.name} has no truth")
            good = -1
    scenarios = {p.stem for p in (HERE / "scenarios").glob("*.py")}
    for name in sorted(scenarios ^ {t["scenario"].split("@")[0] for t in truths}):
        print(f"{name}: a scenario without a recording, or a recording without a scenario")
        good = -1
print(f"{good} of {len(truths)} recordings told as they are: {sessions} sessions, {compared} of them compared with the server's log, "
      f"{opened} inside TLS by their keys, {lines} lines of them")
sys.exit(0 if truths and good == len(truths) else 1)
