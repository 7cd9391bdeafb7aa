#!/bin/sh
# One capture in every file format, compression and way of being split.
exec python3 "$SOURCE_DIR/tests/formats/compare.py" "$WIRETALE"
