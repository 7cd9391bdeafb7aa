#!/bin/sh
# nDPI's reading of TLS hellos beside ours; what hangs it does not reach it.
exec python3 "$SOURCE_DIR/tests/tls/ndpi_opinion.py" "$WIRETALE"
