#!/bin/sh
# --trust: a file, a folder, the system's store; and what is none. What it means is judged in test_captures.sh.
set -eu
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
pcap=$SOURCE_DIR/pcaps/tls/trust.pcap
root=$SOURCE_DIR/pcaps/tls/root.pem
failed=0

# untrusted OPTION...: how many sessions do not verify
untrusted() {
    "$WIRETALE" read --no-config --jsonl - "$@" "$pcap" | grep -o '"rule":"cert-untrusted"' | wc -l
}

# expect WHAT HAVE WANT
expect() {
    if [ "$2" != "$3" ]; then
        echo "FAIL $1: $2, not $3"
        failed=1
    fi
}

# refused WORDS OPTION...
refused() {
    words=$1
    shift
    status=0
    "$WIRETALE" read --no-config "$@" "$pcap" >/dev/null 2>"$new/said" || status=$?
    expect "$* ends with" "$status" 2
    if ! grep -q -- "$words" "$new/said"; then
        echo "FAIL $*: $(cat "$new/said")"
        failed=1
    fi
}

mkdir "$new/store" "$new/store/inner" "$new/none"
cp "$root" "$new/store/anything.txt"
echo "no certificate" >"$new/store/README"
: >"$new/empty"
expect "nobody asked" "$(untrusted)" 0
expect "a file" "$(untrusted --trust "$root")" 4
expect "a folder" "$(untrusted --trust "$new/store")" 4
expect "the system's store, made of our root" "$(SSL_CERT_FILE=$root untrusted --trust system)" 4
expect "the last one given counts" "$(untrusted --trust "$new/store" --trust "$root")" 4
# said WORDS CAPTURE OPTION...: on standard error
said() {
    words=$1 capture=$2
    shift 2
    "$WIRETALE" read --no-config "$@" "$SOURCE_DIR/pcaps/tls/$capture" >/dev/null 2>"$new/said"
    if [ -n "$words" ] && ! grep -q -- "$words" "$new/said"; then
        echo "FAIL $capture $*: says $(cat "$new/said"), not $words"
        failed=1
    elif [ -z "$words" ] && grep -q verified "$new/said"; then
        echo "FAIL $capture $*: says $(cat "$new/said")"
        failed=1
    fi
}

said "root.pem: 3 certificates verified, 4 not, 0 could not be seen" trust.pcap --trust "$root"
said "root.pem: 1 certificate verified, 0 not, 3 could not be seen" trust-hidden.pcap --trust "$root"
said "" trust-hidden.pcap
said "" trust-hidden.pcap --trust "$root" -q
refused "nowhere.pem: .*[Nn]o such file" --trust "$new/nowhere.pem"
refused "holds no certificate" --trust "$new/empty"
refused "holds no certificate" --trust "$new/none"
refused "holds no certificate" --trust "$pcap"
refused "is not a host name" --server-name 'mx example'
refused "is not a host name" --server-name ''
exit $failed
