#!/bin/sh
# On a terminal there is colour, unless somebody said no; and a progress line, after a second. (That nothing of
# it reaches a file is test_cli.sh's part of every run.)
wt=${WIRETALE:?} top=${SOURCE_DIR:?}
fault=$top/pcaps/eod-timeout.pcap
# Somewhere (a bare chroot) there are no terminals to be had.
[ "$(script -qec 'tty -s && echo yes' /dev/null </dev/null 2>/dev/null | tr -d '\r')" = yes ] || exit 77
work=$(mktemp -d) || exit 1
writers=
trap 'kill $writers 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset NO_COLOR COLUMNS
failed=0
fail() {
    echo "FAIL $1"
    cat -v seen | head -5
    failed=$((failed + 1))
}
escape=$(printf '\033')
# on_tty COMMAND: what a terminal would get, in seen.
on_tty() { TERM=${term:-xterm} script -qec "$1" /dev/null >seen </dev/null; }
colored() { grep -q "$escape\[[0-9;]*m" seen; }

on_tty "$wt read $fault"
colored || fail "no colour on a terminal"
on_tty "NO_COLOR=1 $wt read $fault"
colored && fail "colour in spite of NO_COLOR"
on_tty "NO_COLOR= $wt read $fault"
colored || fail "an empty NO_COLOR took the colour away"
term=dumb on_tty "$wt read $fault"
colored && fail "colour on a dumb terminal"
on_tty "$wt read --color never $fault"
colored && fail "colour in spite of --color never"
"$wt" read --color always "$fault" >seen
colored || fail "no colour in spite of --color always"
on_tty "$wt read $fault >out; cat out"
colored && fail "colour in a file because standard error is a terminal"
on_tty "$wt --help"
grep -q "$escape" seen && fail "an escape in --help"

# A capture that takes more than a second to come.
mkfifo pipe
slowly() {
    head -c 100000 "$fault" >half
    # Without our streams: whoever waits for them must not wait for a writer that found no reader.
    { { cat half; sleep 1.5; tail -c +100001 "$fault"; } >pipe; } >/dev/null 2>&1 &
    writers="$writers $!"
}
slowly
on_tty "$wt read pipe >out"
grep -q "reading pipe" seen || fail "no progress line"
tail -c 8 seen | grep -q "$escape\[K" || fail "the progress line was left standing"
slowly
on_tty "$wt read pipe 2>err"
grep -q "reading pipe" seen err && fail "a progress line on something else than a terminal"
on_tty "$wt read $fault >out"
grep -q "reading" seen && fail "a progress line for a capture read at once"

echo "$failed failures"
[ $failed -eq 0 ]
