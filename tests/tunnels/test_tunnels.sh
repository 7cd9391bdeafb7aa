#!/bin/sh
# One dialogue in every link type, tunnel and fragmentation.
exec python3 "$SOURCE_DIR/tests/tunnels/compare.py" "$WIRETALE"
