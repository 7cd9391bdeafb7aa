#!/bin/sh
# docs/vocabulary.md and the types of the XSD are what report/vocabulary.def makes of them.
top=${SOURCE_DIR:-..}
build=${BUILD_DIR:-../build/dev}
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
failed=0
make_it() { awk -v make="$1" -f "$top/report/vocabulary.awk" "$top/report/vocabulary.def"; }

make_it markdown >"$out/vocabulary.md"
if ! diff -u "$top/docs/vocabulary.md" "$out/vocabulary.md"; then
    echo "FAIL docs/vocabulary.md is old; its head says how to make it"
    failed=1
fi
# Every word of every list is a type's value in the schema.
grep -E '^  [a-z]' "$top/report/vocabulary.def" | while read -r word meaning; do
    if ! grep -q "<xs:enumeration value=\"$word\"/>" "$build/wiretale-report-1.xsd"; then
        echo "FAIL the schema does not know '$word' ($meaning)"
        touch "$out/failed"
    fi
done
[ -e "$out/failed" ] && failed=1
if command -v xmllint >/dev/null && ! xmllint --noout "$build/wiretale-report-1.xsd"; then
    echo "FAIL the schema is not well-formed"
    failed=1
fi
# A broken vocabulary stops the build.
for line in '  word before any list' 'list too short' 'subset a nosuchlist b' 'nonsense'; do
    if printf '%s\n' "$line" | awk -v make=header -f "$top/report/vocabulary.awk" - >/dev/null 2>&1; then
        echo "FAIL '$line' was taken for a vocabulary"
        failed=1
    fi
done
exit $failed
