#!/usr/bin/env python3
"""Every rule of these tables has a session that raises it and one that nearly does.

usage: cover.py TRUTH.json RULES.def...
"""
import json
import pathlib
import sys

told, refused = set(), set()
for capture in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    for session in capture["sessions"]:
        told.update(session["expect_primary"][:1], session["expect_also"])
        refused.update(session["forbid"])
defs = [pathlib.Path(name) for name in sys.argv[2:]]
rules = [line.split()[1] for path in defs for line in path.read_text().splitlines() if line.startswith("rule ")]
faults = [f"{r}: no session raises it" for r in rules if r not in told] + [f"{r}: no near miss" for r in rules if r not in refused]
print("\n".join(faults) or f"{len(rules)} rules, each raised and nearly raised")
sys.exit(1 if faults else 0)
