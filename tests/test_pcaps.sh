#!/bin/sh
# Our captures are what their scripts make, byte for byte; nothing else lies beside them.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
python3 "$SOURCE_DIR/pcaps/make.py" --into "$new"
diff -rq --exclude='*.py' --exclude=__pycache__ --exclude=dialogue --exclude=lab --exclude=demo --exclude=tls --exclude=tls-keylog "$SOURCE_DIR/pcaps" "$new"
