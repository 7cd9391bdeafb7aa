#!/usr/bin/env python3
"""Do two JSON Lines files tell the same sessions? Times aside: each capture takes its own.

usage: same_sessions.py LIVE.jsonl READ.jsonl COUNT      (COUNT: how many sessions there must be)
"""
import json
import sys

TIMES = {"@timestamp", "start", "end", "duration", "rtt", "t", "seconds"}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [without_times(inner) for inner in value]
    return value


def sessions(path):
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    told = [r for r in records if r["event"]["dataset"] == "wiretale.session"]
    return sorted((without_times(r) for r in told), key=lambda r: r["event"]["id"])


live, read, count = sessions(sys.argv[1]), sessions(sys.argv[2]), int(sys.argv[3])
wrong = [f"{name}: {len(told)} sessions, not {count}"
         for name, told in (("live", live), ("read", read)) if len(told) != count]
for one, other in zip(live, read):
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            wrong.append(f"{key}\n  live {json.dumps(one.get(key))}\n  read {json.dumps(other.get(key))}")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
