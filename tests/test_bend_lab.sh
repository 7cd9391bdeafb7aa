#!/bin/sh
# What the laboratory recorded, bent badly: nobody is accused of what the capture lacks.
exec python3 "$SOURCE_DIR/tests/bend.py" "$WIRETALE" --how lab --known "$SOURCE_DIR/tests/bend_known.tsv" "$SOURCE_DIR"/pcaps/lab/*.pcap*
