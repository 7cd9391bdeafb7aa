#!/usr/bin/env python3
"""Every finding and every command of wiretale that docs/troubleshooting.md names exists.

usage: check_guide.py WIRETALE SOURCE_DIR

Words in backticks that look like ids are looked up in the list of rules; command lines that begin with wiretale are run on a
capture of ours.
"""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# In backticks, with a hyphen, and no finding.
OTHER = re.compile(r"^(?:--|wiretale |ping |nc |nstat |mtr|iostat )")


def main():
    program, home = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
    page = (home / "docs" / "troubleshooting.md").read_text()
    known = set(re.findall(r"^  ([a-z0-9-]+(?:<phase>)?) ", subprocess.run([program, "rules"], capture_output=True, text=True, check=True).stdout, re.M))
    named = [word for word in re.findall(r"`([^`\n]+)`", page) if "-" in word and not OTHER.match(word)]
    faults = [f"there is no finding {word}" for word in sorted(set(named)) if word not in known]
    commands = [line.strip() for line in page.splitlines() if line.startswith("    wiretale ")]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(home / "pcaps" / "connect-timeout.pcap", pathlib.Path(folder) / "mail.pcap")
        for command in commands:
            words = shlex.split(re.split(r"\s{3,}| \| ", command)[0])
            run = subprocess.run([program, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=60)
            if run.returncode:
                faults.append(f"{command}: exit {run.returncode}: {run.stderr.strip()}")
    if len(named) < 80 or len(commands) < 4:
        faults.append("the page has another form: nothing to check was found")
    print("\n".join(faults) or f"{len(set(named))} findings and {len(commands)} commands, all there")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
