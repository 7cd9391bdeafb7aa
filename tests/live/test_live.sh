#!/bin/sh
# A real dialogue over a pair of network namespaces: `wiretale live` must tell it as `wiretale read` tells
# a recording of it, and hold no privilege while it captures. Also: what is said when it may not capture.
# Skipped (77) where namespaces, tcpdump or python3 are missing. WIRETALE names the program.
here=$(cd "$(dirname "$0")" && pwd)
wiretale=${WIRETALE:?"set WIRETALE to the program"}
a=wiretale-$$-client b=wiretale-$$-server
work= server= recorder= live=
failed=0

skip() {
    echo "skipped: $1"
    exit 77
}

wrong() {
    echo "FAIL $1"
    failed=1
}

clean_up() {
    exec 9>&-
    for pid in $live $recorder $server; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    ip netns del "$a" 2>/dev/null
    ip netns del "$b" 2>/dev/null
    [ -n "$work" ] && rm -rf "$work"
}

# until FILE TEXT: waits, at most 10 s, until the file has the text.
until_says() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -gt 100 ] && return 1
        sleep 0.1
    done
}

[ "$(id -u)" = 0 ] || skip "not root"
for tool in ip tcpdump python3 setpriv; do
    command -v $tool >/dev/null || skip "no $tool"
done
trap clean_up EXIT
trap 'exit 1' INT TERM
ip netns add "$a" 2>/dev/null && ip netns add "$b" 2>/dev/null || skip "no network namespaces"
ip -n "$b" link add inside type veth peer name outside netns "$a" 2>/dev/null || skip "no veth pairs"
for ns in "$a" "$b"; do
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null
done
ip -n "$a" addr add 192.0.2.10/24 dev outside && ip -n "$a" link set outside up
ip -n "$b" addr add 192.0.2.25/24 dev inside && ip -n "$b" link set inside up && ip -n "$b" link set lo up
work=$(mktemp -d) && chmod 755 "$work" || exit 1

# --- the server, a recording, the program ---
mkfifo "$work/stdin"
ip netns exec "$b" python3 "$here/smtp_server.py" 192.0.2.25 25 <"$work/stdin" >"$work/server" 2>&1 &
server=$!
exec 9>"$work/stdin"
ip netns exec "$b" tcpdump -i inside -U --immediate-mode -w "$work/recording.pcap" tcp port 25 2>"$work/tcpdump" 9>&- &
recorder=$!
until_says "$work/server" ready || skip "the server does not start: $(cat "$work/server")"
until_says "$work/tcpdump" "listening on" || skip "tcpdump does not start: $(cat "$work/tcpdump")"
ip netns exec "$b" "$wiretale" live -i inside --redact none --steps all --jsonl "$work/live.jsonl" \
    >"$work/stdout" 2>"$work/stderr" 9>&- &
live=$!
if ! until_says "$work/stderr" "capturing on inside"; then
    wrong "live does not start: $(cat "$work/stderr")"
    exit 1
fi

# --- while it captures: no privilege ---
status=$(cat "/proc/$live/status")
for set in CapInh CapPrm CapEff CapAmb; do
    echo "$status" | grep -q "^$set:	0000000000000000$" || wrong "while capturing: $(echo "$status" | grep "^$set")"
done
echo "$status" | grep -q "^NoNewPrivs:	1$" || wrong "while capturing: new privileges are possible"
echo "$status" | grep -E -q "^(Uid|Gid):.*	0(	|$)" && wrong "while capturing: user or group 0"
echo "$status" | grep -E -q "^Groups:	[0-9]" && wrong "while capturing: supplementary groups"
[ "$(stat -c %u "/proc/$live/mem")" = 0 ] || wrong "while capturing: dumpable (its memory belongs to its user)"

# --- three dialogues: accepted, one of two recipients rejected, nothing but a greeting ---
if command -v swaks >/dev/null; then
    send() { ip netns exec "$a" swaks --server 192.0.2.25 --helo client.test --from a@client.test "$@"; }
else
    send() {
        ip netns exec "$a" python3 - "$@" <<'END'
import smtplib, sys
with smtplib.SMTP("192.0.2.25", 25, "client.test") as server:
    server.sendmail("a@client.test", sys.argv[sys.argv.index("--to") + 1].split(","), "Subject: x\r\n\r\nhello\r\n")
END
    }
fi
send --to b@mail.test >"$work/client" 2>&1 || wrong "the first dialogue: $(cat "$work/client")"
send --to b@mail.test,nobody@mail.test >"$work/client" 2>&1
ip netns exec "$a" python3 -c '
import socket
with socket.create_connection(("192.0.2.25", 25)) as s:
    s.recv(100)' || wrong "the third dialogue"
sleep 0.3

# --- end both, compare ---
kill -INT "$live"
wait "$live"
code=$?
live=
[ $code = 0 ] || wrong "live ended with $code after SIGINT: $(cat "$work/stderr")"
grep -q " packets, 0 dropped" "$work/stderr" || wrong "live does not tell packets and drops: $(cat "$work/stderr")"
kill -INT "$recorder"
wait "$recorder"
recorder=
"$wiretale" read --redact none --steps all --jsonl "$work/read.jsonl" "$work/recording.pcap" >/dev/null 2>"$work/stderr" ||
    wrong "read: $(cat "$work/stderr")"
python3 "$here/same_sessions.py" "$work/live.jsonl" "$work/read.jsonl" 3 || wrong "live and read differ"

# --- when it may not ---
ip netns exec "$b" "$wiretale" live -i nosuch >"$work/stdout" 2>"$work/stderr"
[ $? = 5 ] || wrong "a missing interface: not exit status 5"
grep -q "no such interface" "$work/stderr" && grep -q inside "$work/stderr" ||
    wrong "a missing interface: $(cat "$work/stderr")"
ip netns exec "$b" "$wiretale" live -i inside --bpf 'tcp prot 25' >"$work/stdout" 2>"$work/stderr"
[ $? = 2 ] || wrong "a filter that is none: not exit status 2"
if setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$wiretale"; then
    ip netns exec "$b" setpriv --reuid=65534 --regid=65534 --clear-groups "$wiretale" live -i inside \
        >"$work/stdout" 2>"$work/stderr"
    [ $? = 5 ] || wrong "no permission: not exit status 5"
    grep -q "CAP_NET_RAW" "$work/stderr" || wrong "no permission: $(cat "$work/stderr")"
fi
[ $failed = 0 ] && echo "live tells what read tells, without a privilege"
exit $failed
