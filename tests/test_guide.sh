#!/bin/sh
# The page that leads from symptoms to findings names only what exists.
exec python3 "$SOURCE_DIR/tests/check_guide.py" "$WIRETALE" "$SOURCE_DIR"
