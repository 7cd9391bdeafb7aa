#!/bin/sh
# Mail that stops coming is told while it lasts. WIRETALE names the program.
command -v python3 >/dev/null || exit 77
exec python3 "$(dirname "$0")/silence.py" "${WIRETALE:?"set WIRETALE to the program"}"
