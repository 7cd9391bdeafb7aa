#!/bin/sh
# Our own captures, told as they are: pcaps/TRUTH.json.
exec python3 "$SOURCE_DIR/tests/truth/run.py" "$WIRETALE" "$SOURCE_DIR/pcaps/TRUTH.json"
