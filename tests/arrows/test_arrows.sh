#!/bin/sh
# Fails when an #include runs up a floor, sideways where it must not, or past a library's one door. First
# proves that each kind of wrong arrow would be caught.
here=$(cd "$(dirname "$0")" && pwd)
top=${SOURCE_DIR:-$here/../..}
failed=0

check() { awk -f "$here/arrows.awk"; }

# caught LINE: this line must be refused.
caught() {
    if printf '%s\n' "$1" | check >/dev/null; then
        echo "FAIL a wrong arrow was not caught: $1"
        failed=1
    fi
}

# passes LINE: this line must not be.
passes() {
    if ! said=$(printf '%s\n' "$1" | check); then
        echo "FAIL a right arrow was refused: $said"
        failed=1
    fi
}

caught 'capture/source.h:#include "dissect/event.h"'
caught 'capture/fail.c:#include "report/writer.h"'
caught 'dissect/smtp/reply.c:#include "report/settings.h"'
caught 'dissect/net/frame.c:#include "dissect/tcp/flow.h"'
caught 'dissect/net/frame.c:#include "dissect/session.h"'
caught 'dissect/tcp/reassembly.c:#include "dissect/conversation.h"'
caught 'dissect/conversation.c:#include "dissect/tcp/flow.h"'
caught 'dissect/tcp/flow.c:#include "dissect/smtp/line.h"'
caught 'dissect/smtp/dialogue.c:#include "dissect/conversation.h"'
caught 'report/ladder.c:#include "report/live/lines.h"'
caught 'dissect/smtp/dialogue.c:#include "dissect/tls/record.h"'
caught 'dissect/tls/record.c:#include "dissect/smtp/line.h"'
caught 'dissect/session.c:#include "dissect/dissect.h"'
caught 'report/diagnose/rules_tcp.c:#include "report/json.h"'
caught 'report/json.c:#include "report/chain.h"'
caught 'report/redact.c:#include "report/html.h"'
caught 'report/json.c:#include <libxml/xmlwriter.h>'
caught 'report/xml_session.c:#include <libxml/xmlwriter.h>'
caught 'dissect/net/frame.c:#include <pcap.h>'
caught 'dissect/net/frame.c:#include <pcap/pcap.h>'
caught 'report/redact.c:#  include <openssl/hmac.h>'
caught 'capture/window.c:#include <zlib.h>'
caught 'capture/window.c:#include <zstd.h>'
caught 'capture/unpack.c:#include <lz4frame.h>'
caught 'main.c:#include <sys/capability.h>'
caught 'dissect/session.c:#include <ndpi_api.h>'
caught 'dissect/net/frame.c:#include "../capture/bytes.h"'
caught 'dissect/net/frame.c:#include "dissect/net/ip.c"'
caught 'report/run.c:#include "main.h"'

passes 'report/json.c:#include "dissect/session.h"'
passes 'dissect/dissect.c:#include "dissect/conversation.h"'
passes 'dissect/conversation.c:#include "dissect/smtp/dialogue.h"'
passes 'dissect/smtp/dialogue.c:#include "dissect/tcp/chunk.h"'
passes 'dissect/tcp/flow.c:#include "dissect/conversation.h"'
passes 'report/ladder.c:#include "report/rungs.h"'
passes 'capture/crypto.c:#include <openssl/evp.h>'
passes 'capture/crypto_record.c:#include <openssl/evp.h>'
passes 'capture/inflate.c:#include <zlib.h>'
passes 'capture/zstd.c:#include <zstd.h>'
passes 'capture/unlz4.c:#include <lz4.h>'
passes 'dissect/classify.c:#include <ndpi_api.h>'
passes 'capture/privilege.c:#include <sys/capability.h>'
passes 'report/xml.c:#include <libxml/xmlwriter.h>'
passes 'main.c:#include "report/run.h"'

if printf '' | check >/dev/null; then
    echo "FAIL an empty input passed: the test would not notice that it reads nothing"
    failed=1
fi

cd "$top" || exit 1
grep -rE --include='*.c' --include='*.h' '^[[:blank:]]*#[[:blank:]]*include' capture dissect report main.c \
    >"${TMPDIR:-/tmp}/arrows.$$"
if ! check <"${TMPDIR:-/tmp}/arrows.$$"; then
    failed=1
fi
rm -f "${TMPDIR:-/tmp}/arrows.$$"
[ $failed -eq 0 ] && echo "every arrow points down"
exit $failed
