#!/usr/bin/env python3
"""Every rule has a case that raises it and a near miss that must not.

usage: cover.py WIRETALE SOURCE_DIR

The list of rules is the program's own (`wiretale rules`). A case is a session of a TRUTH.json under pcaps/ that must tell
the rule (expect_also, or the one expect_primary), a near miss one that must not (forbid); tests/truth/run.py judges both.
Rules over many sessions have theirs in tests/unit/test_fleet_*.c: bench_run(..., "RULE", true) and false. What neither shows
stands in cases.tsv beside this file: rule, the test that raises it, the test of its near miss; each named file must speak
of the rule.
"""
import json
import pathlib
import re
import subprocess
import sys


def rules_of(program):
    listed = subprocess.run([program, "rules"], capture_output=True, text=True, check=True).stdout
    known = re.findall(r"^  ([a-z0-9-]+(?:<phase>)?) +(?:info|notice|warning|error|critical) ", listed, re.M)
    assert len(known) > 200, "the list of rules has another form"
    return known


def add(table, id_, known):
    """A phased id counts for its rule."""
    for rule in known:
        stem = rule.removesuffix("<phase>")
        if id_ == rule or (stem != rule and id_.startswith(stem)):
            table.add(rule)


def from_captures(home, known):
    told, missed = set(), set()
    for truth in sorted(home.glob("pcaps/**/TRUTH.json")):
        for capture in json.loads(truth.read_text()):
            for wanted in capture.get("expect_capture", ()):
                if isinstance(wanted, str):
                    add(told, wanted, known)
            for id_ in capture.get("forbid_capture", ()):
                add(missed, id_, known)
            for session in capture["sessions"]:
                sure = session["expect_also"] + (session["expect_primary"] if len(session["expect_primary"]) == 1 else [])
                for id_ in sure:
                    add(told, id_, known)
                for id_ in session["forbid"]:
                    add(missed, id_, known)
    fleet = " ".join(" ".join(path.read_text().split()) for path in sorted(home.glob("tests/unit/test_fleet_*.c")))
    for table, answer in ((told, "true"), (missed, "false")):
        for id_ in re.findall(rf'bench_run\(\w+, [\d.]+, "([a-z0-9-]+)", {answer}\);', fleet):
            add(table, id_, known)
    return told, missed


def from_table(home, known, faults):
    told, missed = set(), set()
    for line in (home / "tests/rules/cases.tsv").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        rule, raised, near = line.split("\t")
        if rule not in known:
            faults.append(f"{rule}: in cases.tsv, but no rule")
        for table, name in ((told, raised), (missed, near)):
            if name == "-":
                continue
            path = home / name
            if not path.is_file() or rule.removesuffix("-<phase>") not in path.read_text(errors="replace"):
                faults.append(f"{rule}: {name} does not speak of it")
            table.add(rule)
    return told, missed


def main():
    program, home = sys.argv[1], pathlib.Path(sys.argv[2])
    known, faults = rules_of(program), []
    captures, table = from_captures(home, known), from_table(home, known, faults)
    for kind, what in ((0, "no case raises it"), (1, "no near miss")):
        faults += [f"{rule}: {what}" for rule in known if rule not in captures[kind] | table[kind]]
    print("\n".join(faults) or f"{len(known)} rules, each raised and nearly raised")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
