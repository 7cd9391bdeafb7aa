#!/bin/sh
# What is recorded of the laboratory, as it would look on other networks: the same is true of it.
exec python3 "$SOURCE_DIR/tests/retold.py" "$WIRETALE" "$SOURCE_DIR/pcaps/lab/TRUTH.json"
