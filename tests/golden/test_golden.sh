#!/bin/sh
# Reports as they were when somebody last read them.
exec python3 "$SOURCE_DIR/tests/golden/run.py" "$WIRETALE"
