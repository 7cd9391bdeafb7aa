#!/bin/sh
# Mail inside TLS, opened with a key log, is told as what was said; with other keys it is not.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$SOURCE_DIR/tests/tls/keylog.py" "$WIRETALE" "$SOURCE_DIR/pcaps/tls-keylog" "$work"
