#!/bin/sh
# Nothing is told of real captures that nobody has read off their packets; skipped where they are not.
exec python3 "$SOURCE_DIR/tests/real_told.py" "$WIRETALE"
