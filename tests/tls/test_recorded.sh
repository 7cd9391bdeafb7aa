#!/bin/sh
# TLS facts of real handshakes against what tshark told of them, as recorded.
exec python3 "$SOURCE_DIR/tests/tls/recorded.py" "$WIRETALE"
