#!/bin/sh
# The command line as a script sees it: exit status, message, and nothing on a stream that does not belong
# there. Every run is off a terminal, so an escape or a carriage return anywhere fails it.
wt=${WIRETALE:?} top=${SOURCE_DIR:?}
mail=$top/pcaps/link-raw.pcap       # healthy mail
fault=$top/pcaps/eod-timeout.pcap   # a server stops answering
cut=$top/pcaps/file-cut.pcap        # mail, and broken at its end
work=$(mktemp -d) || exit 1
writers=
trap 'kill $writers 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
export HOME=$work XDG_CONFIG_HOME=$work/xdg
unset NO_COLOR COLUMNS
# One SYN to port 8080, whole; and the same with half a packet behind it.
head -c 106 "$top/pcaps/not-mail.pcap" >none.pcap
head -c 140 "$top/pcaps/not-mail.pcap" >cutnone.pcap
none=none.pcap
failed=0 done=0

fail() {
    echo "FAIL $1"
    sed 's/^/     out: /' out | head -4
    sed 's/^/     err: /' err | head -4
    failed=$((failed + 1))
}

# run STATUS ARGUMENT...: runs it and compares the exit status.
run() {
    want=$1
    shift
    label="wiretale $*"
    "$wt" "$@" >out 2>err </dev/null
    got=$?
    done=$((done + 1))
    [ $got -eq "$want" ] || fail "$label: exit $got, not $want"
    clean
}

clean() {
    if grep -q "$(printf '[\033\r]')" out err; then
        fail "$label: an escape or carriage return off a terminal"
    fi
    if ! grep -q '^Usage:' err && grep -q '^ ' err; then
        fail "$label: a message of more than one line"
    fi
}

# says TEXT: standard error holds it. prints TEXT: standard output does.
says() { grep -qF -- "$1" err || fail "$label: stderr does not say: $1"; }
prints() { grep -qF -- "$1" out || fail "$label: stdout does not print: $1"; }
silent() { [ ! -s err ] || fail "$label: stderr is not empty"; }
no_output() { [ ! -s out ] || fail "$label: stdout is not empty"; }
one_line() { [ "$(wc -l <err)" -eq 1 ] || fail "$label: not one line on stderr"; }

# usage TEXT ARGUMENT...: a usage error: status 2, one line that says TEXT, nothing on stdout.
usage() {
    text=$1
    shift
    run 2 "$@"
    says "$text"
    says "wiretale: "
    one_line
    no_output
}

# --- verbs ---
run 2
says "Usage:"
no_output
[ "$(wc -l <err)" -le 14 ] || fail "the usage is longer than it should be"
run 0 --help; prints "wiretale read"; silent
run 0 -h; prints "Exit status"
run 0 --version; prints "libpcap"; prints "OpenSSL"; prints "libxml2"; prints "zlib"; prints "zstd"; prints "lz4"
prints "report schema"; silent
for verb in read live replay show rules; do
    run 0 $verb --help; prints "wiretale $verb"; silent
done
run 0 read --help --nonsense
usage "unknown verb 'raed'; did you mean 'read'?" raed gw.pcap
usage "unknown verb 'gw.pcap'" gw.pcap
usage "unknown verb '\\x1b[31m'" "$(printf '\033[31m')"
usage "'cut' is not built yet" cut "$mail" -s s0001 -o x
usage "'diff' is not built yet" diff a b
usage "stands where a verb should" --html x read
usage "stands where a verb should" --generate nothing

# --- options ---
usage "unknown option '--htlm'; did you mean '--html'?" read --htlm x "$mail"
usage "unknown option '--zzzzzzzz'" read --zzzzzzzz "$mail"
usage "unknown option '-Z'" read -Z "$mail"
usage "--html needs a value" read "$mail" --html
usage "--html: the name is empty" read --html= "$mail"
usage "--quiet takes no value" read --quiet=yes "$mail"
usage "--speed means nothing to read" read --speed 3 "$mail"
usage "--since means nothing to live" live --since 14:00 -i lo
usage "--keylog means nothing to live; it is read once, at the beginning: capture to a file, and read that with --keylog" live --keylog keys -i lo
usage "--filter is not built yet" read --filter outcome=reset "$mail"
usage "--steps: 'some' is not one of flagged, all or none" read --steps some "$mail"
usage "--redact: 'share' is not built yet" read --redact share "$mail"
usage "--redact: 'strict' is not built yet" read --redact strict "$mail"
usage "--redact: 'all' is not one of" read --redact all "$mail"
usage "--fail-on: 'bad' is not one of info" read --fail-on bad "$mail"
usage "--color: 'red' is not one of" read --color red "$mail"
usage "--ports: '25,' is not a list of ports" read --ports 25, "$mail"
usage "--ports: '0' is not" read --ports 0 "$mail"
usage "--ports: '65536' is not" read --ports 65536 "$mail"
usage "--ports: '-1' is not" read --ports -1 "$mail"
usage "-p: '25;26' is not" read -p '25;26' "$mail"
usage "--ours: '300.1.1.1' is not an address" read --ours 300.1.1.1 "$mail"
usage "--probe: '192.0.2.99' is not CLIENT=SECONDS, such as 192.0.2.99=60" read --probe 192.0.2.99 "$mail"
usage "--probe: '0' is not a number of seconds" read --probe 192.0.2.99=0 "$mail"
usage "--ours: '10.0.0.0/33' is not an address" read --ours 10.0.0.0/33 "$mail"
usage "--limit: 'eod' is not PHASE=SECONDS" read --limit eod "$mail"
usage "--limit: 'dot' is not one of connect" read --limit dot=3 "$mail"
usage "--limit: '-3' is not a number of seconds" read --limit eod=-3 "$mail"
usage "--limit: 'nan' is not a number of seconds" read --limit eod=nan "$mail"
usage "--limit: '0x10' is not a number of seconds" read --limit eod=0x10 "$mail"
usage "--threshold: 'fleet-count' is not NAME=VALUE" read --threshold fleet-count "$mail"
usage "--threshold: 'fleet-cont' is no threshold; did you mean 'fleet-count'?" read --threshold fleet-cont=9 "$mail"
usage "--threshold: 'x' is no threshold; 'wiretale rules' lists them" read --threshold x=9 "$mail"
usage "--threshold: '0' is not a number above 0" read --threshold fleet-count=0 "$mail"
usage "--threshold: '-1' is not a number above 0" read --threshold silence=-1 "$mail"
usage "--threshold: '9' is not a number above 0, 8 at most" read --threshold spread-count=9 "$mail"
usage "--since: 'noon' is not a time" read --since noon "$mail"
usage "--since: '25:00' is not a time" read --since 25:00 "$mail"
usage "--until: '2026-13-01' is not a time" read --until 2026-13-01 "$mail"
usage "--since: '-15x' is not a time" read --since -15x "$mail"
usage "--since is after --until" read --since 2026-03-02 --until 2026-03-01 "$mail"
usage "cannot count from the end of standard input" read --since -15m -
usage "--speed: '0' is not a factor" replay --speed 0 "$mail"
usage "--speed: 'fast' is not a factor" replay --speed fast "$mail"
usage "name a capture to read" read
usage "name a capture to replay" replay
usage "'two' is too much" replay one two
usage "name a capture and a session" show "$mail"
usage "name an interface" live
usage "standard input ('-') can be read only once" read - -
usage "--html and --jsonl cannot both be standard output" read --html - --jsonl - "$mail"
usage "--html and --xml would both write x" read --html x --xml x "$mail"
usage "--html and --xml would both write ./x" read --html x --xml ./x "$mail"
usage "--xml and --jsonl would both write $work/x" read --xml x --jsonl "$work/x" "$mail"
mkdir -p dir && cp "$mail" precious.pcap && cp "$mail" dir/one.pcap && ln -sf precious.pcap link.xml && ln -f precious.pcap hard.xml
usage "the report would replace the capture" read --html precious.pcap precious.pcap
usage "the report would replace the capture ./precious.pcap" read --xml ./precious.pcap "$mail" precious.pcap
usage "the report would replace the capture link.xml" read --xml link.xml precious.pcap
usage "the report would replace the capture hard.xml" read --jsonl hard.xml precious.pcap
usage "the report would replace the capture dir/one.pcap" read --xml dir/one.pcap dir
usage "--html and --xml would both write hard.xml" read --html link.xml --xml hard.xml "$mail"
cmp -s "$mail" precious.pcap && cmp -s "$mail" dir/one.pcap || fail "a usage error touched a file"
rm -r dir link.xml hard.xml
usage "there is no rule 'nosuchrule'" rules nosuchrule

# --- configuration ---
printf '# a comment\n\nports = 25\nprots = 26\n' >bad.conf
usage "bad.conf line 4: unknown option 'prots'; did you mean 'ports'?" read --config bad.conf "$mail"
printf 'ports = none\n' >bad.conf
usage "bad.conf line 1: ports: 'none' is not a list" read --config bad.conf "$mail"
printf 'quiet = maybe\n' >bad.conf
usage "bad.conf line 1: quiet is yes or no" read --config bad.conf "$mail"
printf 'help = yes\n' >bad.conf
usage "bad.conf line 1: 'help' belongs on the command line" read --config bad.conf "$mail"
printf 'just words\n' >bad.conf
usage "bad.conf line 1: 'just words' is not 'option = value'" read --config bad.conf "$mail"
usage "cannot read the configuration none.conf: No such file" read --config none.conf "$mail"
usage "cannot read the configuration .: Is a directory" read --config . "$mail"
printf 'threshold = fleet-count=none\n' >bad.conf
usage "bad.conf line 1: threshold: 'none' is not a number above 0" read --config bad.conf "$mail"
printf 'threshold = fleet-count=12\nthreshold = fleet-low=0.25\n' >thresholds.conf
run 0 rules --config thresholds.conf fleet-destination-failing
prints "fleet-count 12 (set)"; prints "fleet-low 0.25"; prints "fleet-share 0.8 ("
run 0 read --config thresholds.conf --threshold fleet-low=0.3 --xml t.xml --html t.html --jsonl t.jsonl "$mail"
for text in 't.xml:name="fleet-count" value="12[.0]*" origin="config"' 't.xml:name="fleet-low" value="0.3[0-9]*" origin="option"' \
    't.xml:name="fleet-share" value="0.8[0-9]*" origin="default" source="project default"' 't.html:fleet-count 12 instead of 5' \
    't.jsonl:"fleet-count":12' 't.jsonl:"limits":{"'; do
    grep -q "${text#*:}" "${text%%:*}" || fail "${text%%:*} lacks ${text#*:}"
done
rm t.xml t.html t.jsonl
printf 'ports = 2525\nspeed = 4\nlimit = eod=7\nquiet = yes\nlocal = no\n' >good.conf
run 0 read --config good.conf --print-config "$mail"
prints "ports = 2525"; prints "user configuration"; prints "limit = eod=7"; prints "quiet = yes"
run 0 read --config good.conf --ports 99 --print-config "$mail"
prints "ports = 99"; prints "command line"
mkdir -p xdg/wiretale && printf 'ports = 4711\n' >xdg/wiretale/config
run 0 read --print-config "$mail"; prints "ports = 4711"
run 0 read --no-config --print-config "$mail"; prints "ports = 25,465,587"
rm -r xdg

# --- inputs ---
run 0 read "$mail"; prints "link-raw.pcap"; silent
label="wiretale read - <mail"
"$wt" read - <"$mail" >out 2>err || fail "$label: exit $?"
clean; prints "stdin"
"$wt" read - <"$fault" >out 2>err
grep -q "Look closer\|For a report" out && fail "$label: a command to copy that would find nothing to read"
mkfifo pipe
# Writers go without our streams: whoever waits for them must not wait for one that found no reader.
{ cat "$mail" >pipe; } >/dev/null 2>&1 &
writers="$writers $!"
run 0 read pipe; silent
run 3 read nosuchfile.pcap; says "nosuchfile.pcap"; one_line; no_output
mkdir nothing; run 3 read nothing; says "has no file in it"; no_output
mkdir nothing/inside; run 3 read nothing; says "only directories; name those"; one_line; no_output
mkdir captures; cp "$mail" captures; run 0 read captures; run 0 show captures s0001
echo "a note" >captures/note.txt; : >captures/done; printf '\211PNG\r\n\032\n' >captures/graph.png
run 0 read captures; silent # what is surely no capture needs no word
run 0 read -v captures; says "note.txt is not a capture"

# A file of a directory that is damaged at its start is told, and the others are read.
# damaged NAME TEXT: it lies there with what comes on standard input.
damaged() {
    mkdir "dir-$1"
    cp "$mail" "dir-$1/a.pcap"
    cat >"dir-$1/$1"
    run 4 read "dir-$1"
    says "dir-$1/$1"; says "$2"; prints "SMTP session"
    [ "$(grep -c '^wiretale: ' err)" -eq 1 ] || fail "$label: not one message"
}
tail -c +5 "$mail" | damaged gw.pcap "is not a capture"
{ printf '\0\0\0\0'; tail -c +5 "$mail"; } | damaged gw1 "it starts with the bytes"
head -c 65536 /dev/zero | damaged zeros "it starts with the bytes"
head -c 10 "$mail" | damaged short "ends inside the header"
{ head -c 24 "$mail"; printf '\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377'; } |
    damaged first-packet "claims 4294967295 bytes"
printf '\n\r\r\n\034\0\0\0XXXX\1\0\0\0\377\377\377\377\377\377\377\377\034\0\0\0' |
    damaged section "is damaged at its start"
printf '' | damaged gw.pcap7 "is empty"
echo "just text" | damaged gw.cap.3 "is not a capture: it starts with text"
printf '\3757zXZ\0xxxxxxxxxxxxxxxxxxxxxxxx' | damaged packed "is compressed with xz"
gzip -c "$mail" | head -c 12 | damaged packed.gz "breaks off"
mkdir dir-link; cp "$mail" dir-link/a.pcap; ln -s nowhere dir-link/b.pcap
run 4 read dir-link; says "cannot read dir-link/b.pcap"; one_line; prints "SMTP session"
: >empty.pcap
run 3 read empty.pcap; says "empty.pcap is empty"; no_output
echo "Mar 10 14:12:11 mx postfix/smtp" >mail.log
run 3 read mail.log; says "mail.log is not a capture"; no_output
head -c 24 "$mail" >header.pcap
run 3 read header.pcap; says "no packet in it"; one_line; no_output
run 3 read "$none"; says "no mail session in"; one_line; no_output
run 4 read "$cut"; says "everything before it was used"; one_line; prints "file-cut.pcap"
run 4 read cutnone.pcap; says "no mail session in"
# The same SYN, said to be of Zigbee.
{ head -c 20 none.pcap; printf '\303\0\0\0'; tail -c +25 none.pcap; } >zigbee.pcap
run 3 read zigbee.pcap; says "its link type (195) is not read"; one_line; no_output
run 3 read -v zigbee.pcap; says "0 TCP connections; 0 packets of other protocols, 1 of link types that are not read"
run 0 read -v "$top/pcaps/fragments-conflict.pcap"
says "given up: 0 after 30 s, 1 whose fragments disagree; 3 fragments left over"
if [ "$(id -u)" -ne 0 ]; then
    cp "$mail" secret.pcap && chmod 0 secret.pcap
    run 3 read secret.pcap; says "secret.pcap"; one_line
fi
run 4 read "$mail" nosuchfile.pcap; says "nosuchfile.pcap"; one_line; prints "SMTP session"
run 3 read nosuch1 nosuch2; says "nosuch1"; says "nosuch2"; no_output
run 0 read "$mail" "$fault"; silent
run 3 read --since 2040-01-01 "$mail"; says "no packet between --since and --until"; one_line
run 3 read --until 1999-01-01T00:00:00Z "$mail"; says "no packet between"
run 0 read --since -1d "$mail"; silent

# --- findings and outputs ---
run 0 read "$fault"; prints "CRITICAL"
run 1 read --fail-on error "$fault"; prints "CRITICAL"
run 0 read --fail-on error "$mail"
run 0 read -q "$fault"
[ "$(wc -l <out)" -eq 1 ] || fail "$label: -q prints more than the verdict line"
run 0 read --html r.html --xml r.xml --jsonl r.jsonl "$fault"
says "wrote r.html ("; says "r.xml ("; says "r.jsonl ("; says "(--redact envelope)"; one_line
tail -n 1 r.jsonl | grep -q '"wiretale.capture"' || fail "r.jsonl does not end in wiretale.capture"
tail -c 10 r.html | grep -q '</html>' || fail "r.html does not end in </html>"
if command -v xmllint >/dev/null; then
    xmllint --noout --schema "$BUILD_DIR/wiretale-report-1.xsd" r.xml 2>/dev/null || fail "r.xml is not valid"
fi
cp r.html 1.html; cp r.xml 1.xml; cp r.jsonl 1.jsonl
run 0 read --redact none --html r.html "$mail"; says "addresses as captured (--redact none)"
for format in html xml jsonl; do
    run 0 read --$format - "$fault"; silent
    cp out r.out
    run 0 read --$format - --steps all "$fault"; silent
done
head -c 32 /dev/urandom >key; chmod 600 key
run 0 read --redact-key key --jsonl one.jsonl "$fault"
run 0 read --redact-key key --jsonl two.jsonl "$fault"
cmp -s one.jsonl two.jsonl || fail "the same input, options and key do not give the same bytes"
chmod 644 key
run 2 read --redact-key key "$mail"; says "key"; one_line; no_output
run 2 read --redact-key nosuchkey "$mail"; says "nosuchkey"; one_line; no_output
echo old >kept.html
run 6 read --html nosuchdir/r.html --jsonl also.jsonl "$mail"
says "cannot write nosuchdir/r.html: No such file or directory; make its directory first"; says "wrote also.jsonl"
run 6 read --xml captures "$mail"; says "cannot write captures: Is a directory; name a file in it"
[ -s also.jsonl ] || fail "$label: the other output was not written"
run 3 read --html kept.html nosuchfile.pcap
[ "$(cat kept.html)" = old ] || fail "a report was replaced without input"
if [ -w /dev/full ]; then
    label="wiretale read >/dev/full"
    "$wt" read "$mail" >/dev/full 2>err
    [ $? -eq 6 ] || fail "$label: not 6"
    "$wt" read --jsonl - "$mail" >/dev/full 2>err
    [ $? -eq 6 ] || fail "$label --jsonl -: not 6"
    run 6 read --jsonl /dev/full "$mail"; says "/dev/full: No space left on device; free space there"
fi
label="wiretale read | a reader that goes away"
{ "$wt" read --steps all --jsonl - "$fault" 2>err; echo $? >status; } | head -c 1 >/dev/null
[ "$(cat status)" -eq 0 ] || fail "$label: exit $(cat status)"
[ ! -s err ] || fail "$label: not quiet"

# --- show ---
session=$("$wt" read --jsonl - "$mail" | sed -n 's/.*"wiretale.session","id":"\(s[0-9]*\)".*/\1/p' | head -n 1)
client=$("$wt" read --jsonl - "$mail" |
    sed -n 's/.*"client":{"ip":"\([^"]*\)","port":\([0-9]*\).*/\1:\2/p' | head -n 1)
run 0 show "$mail" "$session"; prints "$session"; prints "EHLO"; silent
run 0 show "$mail" "$client"; prints "$session"; silent
run 3 show "$mail" s9999; says "no mail session s9999"; one_line; no_output
run 3 show "$mail" 203.0.113.250:1; says "no mail session 203.0.113.250:1"; one_line
usage "'x1' is not a session" show "$mail" x1
usage "'s' is not a session" show "$mail" s
usage "'1.2.3:4' is not a session" show "$mail" 1.2.3:4
run 3 show nosuchfile.pcap s0001; says "nosuchfile.pcap"; one_line

# --- rules ---
run 0 rules; prints "connect-refused"; prints "data-final-timeout"; silent
run 0 rules connect-refused; prints "connect-refused"; silent

# --- replay and signals ---
run 0 replay --speed max "$fault"; prints "waiting "; prints "OPEN"
run 3 replay --speed max "$none"; says "no mail session in"
run 0 replay --speed max -q "$fault"
[ "$(wc -l <out)" -eq 1 ] || fail "$label: -q prints more than the verdict line"
run 0 replay --speed max --jsonl - "$fault"
grep -qv '^{' out && fail "$label: something else than JSON on standard output"
label="wiretale read, interrupted"
mkfifo slow
{ { cat "$mail"; exec sleep 20; } >slow; } >/dev/null 2>&1 &
writers="$writers $!"
"$wt" read slow >out 2>err &
reader=$!
sleep 1
kill -HUP $reader
kill -USR1 $reader
sleep 0.3
kill -INT $reader
wait $reader
got=$?
[ $got -eq 4 ] || fail "$label: exit $got, not 4"
clean; says "wiretale: reading slow: "; says "interrupted"; prints "SMTP session"

# --- live, without the right to ---
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    label="wiretale live without rights"
    chmod 755 . && cp "$wt" wt # where that account may run it
    setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all ./wt live -i lo >out 2>err
    [ $? -eq 5 ] || fail "$label: not 5"
    clean; says "cannot capture on lo"; says "CAP_NET_RAW"; no_output
elif [ "$(id -u)" -ne 0 ]; then
    run 5 live -i lo; says "cannot capture on lo"; no_output
fi
if [ "$(id -u)" -eq 0 ]; then
    # Outputs may lie where only root writes, although root is gone when they are finished.
    label="wiretale live writes its reports"
    mkdir -m 700 rootonly
    "$wt" live -i lo --html rootonly/r.html --xml rootonly/r.xml --jsonl rootonly/r.jsonl >out 2>err &
    live=$!
    sleep 1
    kill -TERM $live
    wait $live
    got=$?
    if grep -q "cannot capture on lo" err; then
        echo "no capturing here: that live writes its reports was not tested"
    else
        [ $got -eq 0 ] || fail "$label: exit $got"
        clean; says "capturing on lo, ports 25,465,587; running as "; says "without capabilities"
        says "wrote rootonly/r.html"
        tail -c 10 rootonly/r.html | grep -q '</html>' || fail "$label: HTML"
        grep -q '<end complete="true"' rootonly/r.xml || fail "$label: XML"
        grep -q '"wiretale.capture"' rootonly/r.jsonl || fail "$label: JSON Lines"
    fi
fi
run 5 live -i nosuchif0; says "nosuchif0"; no_output

# One finding about two ports of one host: the table names the port; about one port it does not.
label="ports in the table of findings"
"$wt" read "$SOURCE_DIR/pcaps/tls/left.pcap" >out 2>err || :
for port in 25 465; do
    grep -q "server left inside TLS  *198.51.100.25:$port " out || fail "$label: $port"
done
grep -q "reset by the server  *198.51.100.25 " out || fail "$label: one port"

echo "$done runs, $failed failures"
[ $failed -eq 0 ]
