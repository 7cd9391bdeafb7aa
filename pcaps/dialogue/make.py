#!/usr/bin/env python3
"""Make the captures of this folder and TRUTH.json again, always the same bytes.

usage: make.py [--into FOLDER]

One capture holds many short sessions about one thing, each with what must and what must not be told of it. Every rule of
the dialogue and every meaning of a refusal is raised by one of them and nearly raised by another (`forbid`).
refusals.py: what replies mean. manners.py: greeting, hello, form, pipelining. messages.py: content, chunks, sizes.
protection.py: logins and STARTTLS.
"""
import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent / "tests" / "support")]
sys.dont_write_bytecode = True

import craft  # noqa: E402
from scene import SCENES  # noqa: E402
import refusals, manners, messages, protection  # noqa: E402,F401  (each registers its scenes)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--into", default=str(HERE))
    into = pathlib.Path(ap.parse_args().into)
    truth = [scene.make(craft, into / scene.file) for scene in SCENES]
    (into / "TRUTH.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
