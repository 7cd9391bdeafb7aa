#!/bin/sh
# Every report of our captures: XML fits the schema, JSON Lines are JSON without a key twice, and two runs
# with one key write the same bytes.
set -eu
command -v xmllint >/dev/null || { echo "xmllint is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
schema=$BUILD_DIR/wiretale-report-1.xsd
(umask 077 && echo 0123456789abcdef0123456789abcdef >"$work/key")
count=0

# write CAPTURE NAME: reports of everything, in $work/NAME.*
write() {
    "$WIRETALE" read "$1" -q --steps all --redact-key "$work/key" --xml "$work/report.xml" --jsonl "$work/report.jsonl" \
        --html "$work/report.html" >/dev/null 2>"$work/$2.err" || case $? in
    1 | 3 | 4) ;;
    *) echo "$1: exit $?" && cat "$work/$2.err" && exit 1 ;;
    esac
    for kind in xml jsonl html; do
        mv "$work/report.$kind" "$work/$2.$kind"
    done
}

for capture in "$SOURCE_DIR"/pcaps/*.pcap*; do
    write "$capture" one
    write "$capture" two
    xmllint --noout --huge --schema "$schema" "$work/one.xml" 2>"$work/lint" || {
        echo "$capture: $(head -n 3 "$work/lint")"
        exit 1
    }
    for kind in xml jsonl html; do
        cmp "$work/one.$kind" "$work/two.$kind"
    done
    cat "$work/one.jsonl" >>"$work/all.jsonl"
    count=$((count + 1))
done
python3 - "$work/all.jsonl" <<'END'
import json
import sys


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    assert all(value is not None for _, value in pairs), pairs
    return dict(pairs)


datasets = {"wiretale.session", "wiretale.finding", "wiretale.capture"}
with open(sys.argv[1], encoding="utf-8", newline="\n") as lines:
    for line in lines:
        record = json.loads(line, object_pairs_hook=once)
        assert record["event"]["dataset"] in datasets, line
END
echo "$count captures"
[ "$count" -gt 0 ]
