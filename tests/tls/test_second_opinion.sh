#!/bin/sh
# TLS facts against tshark's, where it is installed.
exec python3 "$SOURCE_DIR/tests/tls/second_opinion.py" "$WIRETALE"
