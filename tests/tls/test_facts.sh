#!/bin/sh
# What a handshake tells: each thing in a handshake of its own, whole, in pieces, in small records.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$SOURCE_DIR/tests/tls/facts.py" "$WIRETALE" "$work"
