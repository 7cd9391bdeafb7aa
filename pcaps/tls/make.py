#!/usr/bin/env python3
"""Make the captures of this folder, TRUTH.json and the trusted certificates again, always the same bytes.

usage: make.py [--into FOLDER]

As in ../dialogue, one capture holds many short sessions about one thing. Every rule about TLS is raised by one of them
and nearly raised by another (`forbid`). failures.py: handshakes that fail, sessions that end behind one.
certificates.py: what servers show. x509.py makes the certificates, handshakes.py the messages.
"""
import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "dialogue"), str(HERE.parent.parent / "tests" / "support")]
sys.dont_write_bytecode = True

import craft  # noqa: E402
import x509  # noqa: E402
from scene import SCENES  # noqa: E402
import failures, certificates  # noqa: E402,F401  (each registers its scenes)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--into", default=str(HERE))
    into = pathlib.Path(ap.parse_args().into)
    truth = [scene.make(craft, into / scene.file) for scene in SCENES]
    (into / "TRUTH.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    (into / "root.pem").write_text(x509.pem(x509.ROOT))


if __name__ == "__main__":
    main()
