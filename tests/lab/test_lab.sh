#!/bin/sh
# The laboratory's recordings: no root, no namespaces and no mail server needed (tests/lab/run makes them anew).
exec python3 "$SOURCE_DIR/tests/lab/recorded.py" "$WIRETALE"
