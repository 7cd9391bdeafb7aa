#!/usr/bin/env python3
"""Judge a build by captures whose truth is known (pcaps/TRUTH.json has the format).

usage: run.py WIRETALE TRUTH.json [--only TEXT]

For each session of the truth one record must exist, and no record besides. Of its findings:
  primary    one of expect_primary is marked as primary; where nothing failed, nothing of warning or worse is told
  also       every rule of expect_also is told
  forbid     none of these is told, at any severity
  points to  the primary finding names one of points_to
  accepted   as many transactions as messages_accepted have the outcome "accepted"
Of the capture: expect_capture is told somewhere, forbid_capture nowhere; options are given to the program.
A rule in `allow` may be told and is no fault. What the program does not know yet stands in later.txt beside this
file, one "FILE CLIENT WORD" a line (a fault of that session that holds that word); it is counted apart.
"""
import argparse
import collections
import ipaddress
import json
import pathlib
import subprocess
import sys

ALARMING = ("warning", "error", "critical")


def endpoint(record):
    ip = ipaddress.ip_address(record["ip"])
    return f"[{ip}]:{record['port']}" if ip.version == 6 else f"{ip}:{record['port']}"


def run(program, path, options=()):
    done = subprocess.run([program, "read", str(path), "--redact", "none", "--steps", "all", "--jsonl", "-", *options],
                          capture_output=True, timeout=120)
    sessions, rules = collections.defaultdict(list), set()
    for line in done.stdout.splitlines():
        record = json.loads(line)
        kind = record["event"]["dataset"]
        if kind == "wiretale.session":
            sessions[endpoint(record["client"])].append(record)
            rules.update(f["rule"] for f in record.get("findings", ()))
        elif kind == "wiretale.finding":
            rules.add(record["event"]["action"])
    return done, sessions, rules


def primary_faults(truth, findings):
    marked = [f for f in findings if f.get("primary")]
    if len(marked) > 1:
        yield f"{len(marked)} primary findings"
    if truth["expect_primary"]:
        chief = marked[0] if marked else {}
        if chief.get("rule") not in truth["expect_primary"]:
            yield f"primary is {chief.get('rule', 'nothing')}, not {' or '.join(truth['expect_primary'])}"
        elif truth["points_to"] and chief["points_to"] not in truth["points_to"]:
            yield f"{chief['rule']} points to {chief['points_to']}, not {' or '.join(truth['points_to'])}"


def session_faults(truth, record, ceiling):
    findings = record.get("findings", [])
    told = {f["rule"] for f in findings}
    yield from primary_faults(truth, findings)
    for rule in truth["expect_also"]:
        if rule not in told:
            yield f"{rule} is not told"
    for rule in truth["forbid"]:
        if rule in told:
            yield f"{rule} is told"
    fine = told.intersection(truth["expect_also"]) | set(truth.get("allow", ()))
    if not truth["expect_primary"] or ceiling:
        for f in findings:
            if f["severity"] in ALARMING and f["rule"] not in fine:
                yield f"nothing failed, yet {f['rule']} ({f['severity']})"
    if truth["messages_accepted"] is not None:
        got = sum(t.get("outcome") == "accepted" for t in record.get("smtp", {}).get("transactions", ()))
        if got != truth["messages_accepted"]:
            yield f"{got} accepted, not {truth['messages_accepted']}"


def capture_faults(program, home, capture):
    options = [o.replace("HERE/", f"{home}/") for o in capture.get("options", ())]
    done, sessions, rules = run(program, home / capture["file"], options)
    if done.returncode not in (0, 4):
        yield "-", f"exit {done.returncode}: {done.stderr.decode(errors='replace').strip()[-300:]}"
        return
    waiting = {client: list(records) for client, records in sessions.items()}
    for truth in capture["sessions"]:
        client = truth["client"]
        if not waiting.get(client):
            yield client, "no session"
            continue
        for fault in session_faults(truth, waiting[client].pop(0), capture["max_severity_allowed"]):
            yield client, fault
    for client, records in waiting.items():
        if records:
            yield client, f"{len(records)} session(s) too many"
    for rule in capture.get("expect_capture", ()):
        if not rules.intersection(rule if isinstance(rule, list) else [rule]):
            yield "-", f"{rule} is told nowhere"
    for rule in rules.intersection(capture.get("forbid_capture", ())):
        yield "-", f"{rule} is told"


def known_later(here):
    path = here / "later.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split("#")[0].split() for line in lines if line.split("#")[0].strip()]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("truth"), ap.add_argument("--only", default="")
    a = ap.parse_args()
    truth = pathlib.Path(a.truth).resolve()
    later = known_later(pathlib.Path(__file__).resolve().parent)
    total = good = postponed = 0
    for capture in json.loads(truth.read_text()):
        if a.only not in capture["file"]:
            continue
        total += 1
        faults = list(capture_faults(a.program, truth.parent, capture))
        known = [f for f in faults if any(capture["file"] == w[0] and w[1] in ("*", f[0]) and w[2] in f[1] for w in later)]
        postponed += len(known)
        faults = [f for f in faults if f not in known]
        good += not faults
        for client, fault in faults:
            print(f"{capture['file']} {client}: {fault}")
    print(f"{good} of {total} captures told as they are" + (f", {postponed} findings of later days left out" if postponed else ""))
    return 0 if total and good == total else 1


if __name__ == "__main__":
    sys.exit(main())
