#!/bin/sh
# The captures of pcaps/dialogue are what their script makes and are told as they are.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
python3 "$SOURCE_DIR/pcaps/dialogue/make.py" --into "$new"
diff -rq --exclude='*.py' --exclude=__pycache__ "$SOURCE_DIR/pcaps/dialogue" "$new"
python3 "$SOURCE_DIR/tests/truth/run.py" "$WIRETALE" "$SOURCE_DIR/pcaps/dialogue/TRUTH.json"
exec python3 "$SOURCE_DIR/tests/bend.py" "$WIRETALE" "$SOURCE_DIR"/pcaps/dialogue/*.pcap
