#!/bin/sh
# Captures that lack single packets, each of which once made a story of what was missing.
exec python3 "$SOURCE_DIR/tests/bent.py" "$WIRETALE" "$SOURCE_DIR"
