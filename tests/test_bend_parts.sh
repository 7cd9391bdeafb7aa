#!/bin/sh
# Every capture of ours with one direction, without its beginning, without its end: an absence accuses nobody.
exec python3 "$SOURCE_DIR/tests/bend.py" "$WIRETALE" --how parts "$SOURCE_DIR"/pcaps/*.pcap
