#!/bin/sh
# Traffic made to exhaust the reader, in small; tests/adversary.py --long makes it large.
memory=
if ldd "$WIRETALE" | grep -q asan; then
    memory="--memory 0" # the sanitizer's own
fi
exec python3 "$SOURCE_DIR/tests/adversary.py" "$WIRETALE" $memory
