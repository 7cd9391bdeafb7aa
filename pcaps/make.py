#!/usr/bin/env python3
"""Make every capture of this folder and TRUTH.json again, always the same bytes.

usage: make.py [--into FOLDER] [NAME...]

Each scene is a function in forms.py, tunnels.py, faults.py, waits.py, paths.py, edges.py, halves.py, story.py or fleet.py: it tells connections step by
step (tests/support/craft.py) and what is true of each. README.md lists them.
"""
import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "support")]
sys.dont_write_bytecode = True

import craft  # noqa: E402
from scene import SCENES  # noqa: E402
import forms, tunnels, faults, waits, paths, edges, halves, story, fleet  # noqa: E402,F401  (each registers its scenes)


def listing():
    """README.md's table: what each capture shows."""
    rows = [f"| `{s.file}` | {' '.join(s.how.split())} |" for s in SCENES]
    return "\n".join(["| capture | what it shows |", "|---|---|", *rows]) + "\n"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--into", default=str(HERE)), ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    into = pathlib.Path(a.into)
    truth = []
    for scene in SCENES:
        if a.names and scene.name not in a.names:
            continue
        truth.append(scene.make(craft, into / scene.file))
    if not a.names:
        (into / "TRUTH.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
        head = (HERE / "README.md").read_text().split("| capture |")[0]
        (into / "README.md").write_text(head + listing())


if __name__ == "__main__":
    main()
