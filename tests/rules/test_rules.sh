#!/bin/sh
# No rule without a case and a near miss.
exec python3 "$SOURCE_DIR/tests/rules/cover.py" "$WIRETALE" "$SOURCE_DIR"
