#!/bin/sh
# Real captures, read as people read them by eye; skipped where they are not.
exec python3 "$SOURCE_DIR/tests/shared_captures.py" "$WIRETALE"
