#!/bin/sh
# dissect/classify.c compiles with the interfaces of nDPI that came after the installed one, without a warning; and what
# is older than 4.2 is refused by name. What later versions answer is not tested here.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || exit 77
failed=0

# compile MAJOR MINOR: its messages go to $work/said.
compile() {
    "$compiler" -std=c11 -D_GNU_SOURCE -DWIRETALE_NDPI -DSTUB_MAJOR="$1" -DSTUB_MINOR="$2" -Wall -Wextra -Wpedantic -Werror \
        -Werror=implicit-function-declaration -I"$SOURCE_DIR" -I"$SOURCE_DIR/tests/later_ndpi" \
        -c "$SOURCE_DIR/dissect/classify.c" -o "$work/classify.o" 2>"$work/said"
}

for version in "4 2" "4 4" "4 6" "4 8" "4 10" "4 12" "4 14" "5 0" "5 2"; do
    if ! compile $version; then
        echo "FAIL classify.c with nDPI $version:"
        head -5 "$work/said"
        failed=1
    fi
done
if compile 4 0 || ! grep -q "nDPI 4.2 or later is needed" "$work/said"; then
    echo "FAIL nDPI 4.0 is not refused by name"
    failed=1
fi
# Would it fail if the call were the old one?
sed 's/NDPI_FROM(4, 6)/0/' "$SOURCE_DIR/dissect/classify.c" >"$work/old.c"
if "$compiler" -std=c11 -D_GNU_SOURCE -DWIRETALE_NDPI -DSTUB_MAJOR=4 -DSTUB_MINOR=6 -I"$SOURCE_DIR" \
    -I"$SOURCE_DIR/tests/later_ndpi" -c "$work/old.c" -o "$work/old.o" 2>/dev/null; then
    echo "FAIL a call with five arguments compiles with nDPI 4.6"
    failed=1
fi
exit $failed
