# The HTML report of every capture we have: self-contained, well formed, the same twice; complete
# without its style and script; standard output works as its place.
set -u
command -v python3 >/dev/null || exit 77
: "${WIRETALE:?}" "${SOURCE_DIR:?}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
pages=0
for capture in "$SOURCE_DIR"/pcaps/*.pcap "$SOURCE_DIR"/pcaps/*.pcapng; do
    name=$(basename "$capture")
    "$WIRETALE" read "$capture" --html "$dir/$name.html" >"$dir/out" 2>"$dir/err"
    status=$?
    case $status in
    0 | 3 | 4) ;;
    *) echo "$name: exit $status"; cat "$dir/err"; bad=1 ;;
    esac
    [ -s "$dir/$name.html" ] || continue
    pages=$((pages + 1))
    if LC_ALL=C grep -q "$(printf '[\033\r]')" "$dir/out" "$dir/err"; then
        echo "$name: an escape or a carriage return off a terminal"
        bad=1
    fi
done
[ $pages -gt 20 ] || { echo "only $pages pages"; bad=1; }
python3 "$SOURCE_DIR/tests/html/check_page.py" "$dir"/*.html || bad=1

capture=$SOURCE_DIR/pcaps/timeouts.pcap
cp "$dir/timeouts.pcap.html" "$dir/first"
"$WIRETALE" read "$capture" --html "$dir/timeouts.pcap.html" >/dev/null 2>&1
# Tokens of a run's own key may differ; nothing else may.
python3 - "$dir/first" "$dir/timeouts.pcap.html" <<'PY' || bad=1
import re, sys
a, b = (re.sub(rb"\bu[a-z2-7]{5,}@", b"u@", open(f, "rb").read()) for f in sys.argv[1:])
sys.exit(a != b and "not the same twice")
PY
"$WIRETALE" read "$capture" --html - >"$dir/stdout.html" 2>/dev/null
python3 "$SOURCE_DIR/tests/html/check_page.py" "$dir/stdout.html" || bad=1
exit $bad
