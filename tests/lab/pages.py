#!/usr/bin/env python3
"""The tables about the laboratory in docs/laboratory.md and pcaps/lab/README.md, made from the truth.

usage: pages.py WIRETALE           exit 1 if the list of captures is not what it would write; says which findings have
                                   neither a scenario nor a reason, and whether their table is old
       pages.py WIRETALE --write
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
BEGIN, END = "<!-- laboratory: made by tests/lab/pages.py -->\n", "<!-- end -->"
PHASES = "connect greeting ehlo starttls tls auth mail rcpt data-init data eod idle quit".split()


def family(rule):
    """tcp-reset-by-server-data -> tcp-reset-by-server-<phase>"""
    for phase in sorted(PHASES, key=len, reverse=True):
        for stem in ("tcp-reset-by-server", "tcp-reset-by-client", "client-abort", "slow-reply"):
            if rule == f"{stem}-{phase}":
                return f"{stem}-<phase>"
    return rule


def rules(program):
    """The ids of all rules; what follows them (thresholds) begins with its own heading."""
    out = subprocess.run([program, "rules"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z][a-z0-9<>-]+) +(?:info|notice|warning|error|critical) ", out, re.M)


def reasons():
    found = {}
    for line in (HERE / "without.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            names, reason = line.split(": ", 1)
            found.update(dict.fromkeys(names.split(), reason))
    return found


def findings_table(program, truths):
    raised, spared = collections.defaultdict(set), collections.Counter()
    for truth in truths:
        name = truth["scenario"].split("@")[0]
        wanted = truth.get("expect_capture", [])
        for rule in [r for w in wanted for r in (w if isinstance(w, list) else [w])]:
            raised[family(rule)].add(name)
        for session in truth["sessions"]:
            for rule in session["expect_primary"][:1] + session["expect_also"]:
                raised[family(rule)].add(name)
            for rule in {family(r) for r in session["forbid"]}:
                spared[rule] += 1
    lines, missing, why = ["| finding | raised in | must not be said in |", "|---|---|---|"], [], reasons()
    without = []
    for rule in rules(program):
        if raised[rule]:
            lines.append(f"| `{rule}` | {', '.join(sorted(raised[rule]))} | {spared[rule] or ''} |")
        elif rule in why:
            without.append(f"| `{rule}` | {why[rule]} | {spared[rule] or ''} |")
        else:
            missing.append(rule)
            without.append(f"| `{rule}` | **no reason given** | {spared[rule] or ''} |")
    have = len(lines) - 2
    text = f"{have} findings of {have + len(without)} have a scenario. The last column counts sessions.\n\n" + "\n".join(lines) + "\n"
    text += "\nWithout a scenario, and why:\n\n| finding | reason | must not be said in |\n|---|---|---|\n" + "\n".join(without) + "\n"
    return text, missing


def captures_table(truths):
    lines = ["| capture | vantage | what was done | sessions |", "|---|---|---|---|"]
    for t in truths:
        how = t["how"].replace("|", "\\|")
        lines.append(f"| `lab/{t['file']}` | {t['vantage']} | {how} | {len(t['sessions'])} |")
    return "\n".join(lines) + "\n"


def main():
    program, write = sys.argv[1], "--write" in sys.argv
    truths = json.loads((SOURCE / "pcaps/lab/TRUTH.json").read_text())
    table, missing = findings_table(program, truths)
    failed = 0
    for page, text in (("docs/laboratory.md", table), ("pcaps/lab/README.md", captures_table(truths))):
        path = SOURCE / page
        old = path.read_text()
        start = old.index(BEGIN) + len(BEGIN)
        new = old[:start] + text + old[old.index(END, start):]
        if new != old and write:
            path.write_text(new)
        elif new != old:
            print(f"{page} is not what tests/lab/pages.py makes: run it with --write")
            failed = 1
    for rule in missing:
        print(f"{rule}: no scenario, and no reason in tests/lab/without.txt")
        failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
