#!/bin/sh
# The captures of pcaps/tls are what their scripts make, are told as they are, and leave no rule out.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
python3 "$SOURCE_DIR/pcaps/tls/make.py" --into "$new"
diff -rq --exclude='*.py' --exclude=__pycache__ "$SOURCE_DIR/pcaps/tls" "$new"
python3 "$SOURCE_DIR/tests/dialogue/cover.py" "$SOURCE_DIR/pcaps/tls/TRUTH.json" "$SOURCE_DIR/report/diagnose/data/rules_tls.def"
python3 "$SOURCE_DIR/tests/truth/run.py" "$WIRETALE" "$SOURCE_DIR/pcaps/tls/TRUTH.json"
exec python3 "$SOURCE_DIR/tests/bend.py" "$WIRETALE" "$SOURCE_DIR"/pcaps/tls/*.pcap
