#!/bin/sh
# SMTP is recognized on any port; nothing else is taken for it.
exec python3 "$SOURCE_DIR/tests/recognition/recognition.py" "$WIRETALE"
