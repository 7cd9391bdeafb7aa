#!/bin/sh
# Every capture of ours, captured badly: nothing is invented.
exec python3 "$SOURCE_DIR/tests/bend.py" "$WIRETALE" --how packets "$SOURCE_DIR"/pcaps/*.pcap
