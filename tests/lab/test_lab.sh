#!/bin/sh
# The laboratory's recordings, and the hour made of them: no root, no namespaces and no mail server needed
# (tests/lab/run makes the recordings anew).
here=$SOURCE_DIR/tests/lab
failed=0
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
python3 "$here/recorded.py" "$WIRETALE" || failed=1
python3 "$here/pages.py" "$WIRETALE" || failed=1
python3 "$here/hour.py" --into "$new"
cmp "$new/TRUTH.json" "$SOURCE_DIR/pcaps/demo/TRUTH.json" || failed=1
gzip -dc "$new/hour.pcap.gz" >"$new/made" && gzip -dc "$SOURCE_DIR/pcaps/demo/hour.pcap.gz" >"$new/kept" # whatever gzip
cmp "$new/made" "$new/kept" || failed=1
python3 "$SOURCE_DIR/tests/truth/run.py" "$WIRETALE" "$SOURCE_DIR/pcaps/demo/TRUTH.json" || failed=1
exit $failed
