#!/usr/bin/env python3
"""SMTP is recognized on any port, by what is said; nothing else is taken for it.

usage: recognition.py WIRETALE [--only TEXT] [--keep FOLDER]

Each case is one connection made here (tests/support/craft.py). It says which session must come of it: none, or its
reply codes, its outcome and what nDPI must say (where wiretale was built with it).
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
sys.dont_write_bytecode = True
import craft  # noqa: E402
from capfile import write_pcap  # noqa: E402
from craft import C, S  # noqa: E402

CLIENT, SERVER = "192.0.2.10", "198.51.100.25"
CASES = []


def case(name, port=2525, codes=None, outcome=None, ndpi=None, rule=None, only=None, skip=0, options=(), said=None):
    """codes None: no session. said: must stand on standard error, where nDPI is there. only: packets of one side were captured. skip: packets before the capture began."""
    def register(tell):
        CASES.append(dict(name=name, port=port, codes=codes, outcome=outcome, ndpi=ndpi, rule=rule, only=only,
                          skip=skip, options=options, said=said, tell=tell))
        return tell
    return register


def whole(c):
    c.open().hello().mail().quit().close()


WHOLE = [220, 250, 250, 250, 354, 250, 221]
for port in (2525, 10025, 1224, 26):
    case(f"smtp-on-{port}", port, WHOLE, "completed", "SMTP")(whole)
case("smtp-on-25", 25, WHOLE, "completed", "")(whole)
case("smtp-on-25-verbose", 25, WHOLE, "completed", "SMTP", options=("-v",))(whole)
case("smtp-without-ndpi", 2525, WHOLE, "completed", "", options=("--no-ndpi",))(whole)


@case("byte-by-byte", codes=WHOLE, outcome="completed")
def byte_by_byte(c):
    c.open()
    c.server("220 mx.example.com ESMTP", size=1, ack=False)
    c.client("EHLO client.example.org", size=1, ack=False)
    c.server("250 mx.example.com", size=1, ack=False)
    c.mail().quit().close()


@case("greeting-cut", codes=WHOLE, outcome="completed")
def greeting_cut(c):
    c.open().server(b"2", ack=False).server(b"20 mx.example.com\r\n", ack=False)
    c.client(b"EH", ack=False).client(b"LO a\r\n", ack=False).server("250 mx", ack=False)
    c.mail().quit().close()


@case("greeting-overtaken", codes=WHOLE, outcome="completed")
def greeting_overtaken(c):
    """The second half of the greeting was captured first."""
    c.open()
    c.seg(S, b"0 mx.example.com ESMTP\r\n", craft.ACK | craft.PSH, seq=2, stay=True)
    c.seg(S, b"22", craft.ACK, seq=0, stay=True)
    c.next[S] = c.has[C] = 26
    c.client("EHLO a", ack=False).server("250 mx", ack=False)
    c.mail().quit().close()


@case("early-talker", codes=[220, 250, 221])
def early_talker(c):
    c.open().client("EHLO a", ack=False).wait(0.1).server("220 mx.example.com", ack=False)
    c.server("250 mx", ack=False).quit().close()


@case("lmtp", codes=[220, 250, 221], outcome="completed")
def lmtp(c):
    c.open().server("220 mx LMTP", ack=False).client("LHLO a", ack=False).server("250-mx\n250 PIPELINING", ack=False).quit().close()


@case("server-side-only", only=S, codes=WHOLE)
def server_only(c):
    whole(c)


@case("client-side-only", only=C, codes=[])
def client_only(c):
    whole(c)


@case("server-side-midstream", only=S, skip=6, codes=[250, 250, 354, 250, 221])
def server_midstream(c):
    c.open().server("220 mx", ack=False).client("EHLO a", ack=False).server("250-mx\n250 PIPELINING", ack=False)
    c.mail().quit().close()


@case("client-side-midstream", only=C, skip=6, codes=[])
def client_midstream(c):
    whole(c)


@case("midstream-in-content", skip=12, codes=[250, 250, 250, 354, 250, 221])
def midstream_in_content(c):
    c.open().hello().mail(size=4000).mail().quit().close()


@case("refused-hello", codes=[554], only=None)
def refused_hello(c):
    """The refusal crosses the hello."""
    c.open().server("554 mx.example.com ESMTP not today", ack=False).client("EHLO a", ack=False).close()


@case("disagreement", 25, ndpi="HTTP", codes=[220, 500, 250, 221], options=("-v",), said="read as SMTP, nDPI says HTTP")
def disagreement(c):
    """A web page makes a browser talk to a server of mail."""
    c.open().client("GET / HTTP/1.1\nHost: mx.example.com\nUser-Agent: x", ack=False).server("220 mx.example.com ESMTP", ack=False)
    c.server("500 what?", ack=False).client("EHLO a", ack=False).server("250 mx", ack=False).quit().close()


@case("agreement", 25, ndpi="SMTP", codes=WHOLE, options=("-v",))
def agreement(c):
    whole(c)


@case("implicit-tls-on-465", 465, codes=[], outcome="open")
def implicit_tls(c):
    hello = bytes.fromhex("16030100310100002d0303") + bytes(32) + bytes.fromhex("000006130113021303 0100".replace(" ", ""))
    c.open().client(hello, ack=True)


# --- not mail: on other ports no session, on mail ports one that says so ---

def ftp(c):
    c.open().talk("S 220 ftp.example.com FTP server ready\nC USER anonymous\nS 331 Password please\nC PASS canary@example.org\n"
                  "S 230 Welcome\nC CWD pub\nS 250 Okay\nC QUIT\nS 221 Bye").close()


def ftp_unnamed(c):
    c.open().talk("S 220 (vsFT 3.0.3)\nC USER anonymous\nS 331 Password please\nC PASS canary\nS 230 Welcome\nC QUIT\nS 221 Bye").close()


def pop3(c):
    c.open().talk("S +OK ready\nC USER ann\nS +OK\nC PASS canary\nS +OK\nC STAT\nS +OK 0 0\nC LIST\nS +OK\n.\nC QUIT\nS +OK").close()


def imap(c):
    c.open().talk("S * OK IMAP4rev1 ready\nC a1 CAPABILITY\nS * CAPABILITY IMAP4rev1 STARTTLS\na1 OK\nC a2 LOGIN ann canary\n"
                  "S a2 OK\nC a3 LOGOUT\nS * BYE").close()


def imap_starttls(c):
    c.open().talk("S * OK IMAP4rev1 ready\nC a1 STARTTLS\nS a1 OK begin TLS").client(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03").close()


def irc(c):
    c.open().talk("C PASS canary\nC NICK ann\nC USER ann 0 * ann\nS :irc.example.com NOTICE * :hello\n:irc.example.com 001 ann :Welcome").close()


def http(c):
    c.open().talk("C GET / HTTP/1.1\nHost: www.example.com\nUser-Agent: x\nAuthorization: Basic canary\n\n"
                  "S HTTP/1.1 220 OK\nServer: x\nContent-Length: 0\n\n").close()


def ssh(c):
    c.open().talk("S SSH-2.0-OpenSSH_9.2\nC SSH-2.0-OpenSSH_9.2").client(bytes(range(200)), ack=False).close()


def nntp(c):
    c.open().talk("S 200 news.example.com ready\nC MODE READER\nS 200 reader\nC ARTICLE 1\nS 220 1 <a@news.example.com> article\nC QUIT\nS 205 bye").close()


def whois(c):
    c.open().talk("C example.com\nS Domain: example.com\n220 is not a code here").close()


def vpn(c):
    noise = bytes((i * 73 + 41) & 0xFF for i in range(300))
    c.open().client(b"\x00\x4e" + noise[:78], ack=False).server(b"\x00\x5a" + noise[100:190], ack=False).client(noise, ack=False).close()


def scan(c):
    c.syn(C)
    c.syn(S)
    c.reset(C)


def silent(c):
    c.open().close(first=C)


def redis(c):
    c.open().talk("C EHLO scanner.example.org\nS -ERR unknown command 'EHLO'").close()


def news_midstream(c):
    """220 here is the answer to ARTICLE."""
    c.open().talk("S 200 ready\nC ARTICLE 1\nS 220 1 <a@news.example.com> article\nC ARTICLE 2\nS 220 2 <b@news.example.com> article").close()


OTHERS = {"ftp": (ftp, "FTP_CONTROL"), "ftp-unnamed": (ftp_unnamed, None), "pop3": (pop3, "POP3"), "imap": (imap, None),
          "imap-starttls": (imap_starttls, None), "irc": (irc, None), "http": (http, "HTTP"), "ssh": (ssh, "SSH"),
          "nntp": (nntp, None), "whois": (whois, None), "vpn": (vpn, ""), "scan": (scan, None), "silent": (silent, None),
          "redis": (redis, None), "news-midstream": (news_midstream, None)}
for name, (tell, ndpi) in OTHERS.items():
    case(f"{name}-elsewhere", 4711, None)(tell)
    case(f"{name}-elsewhere-midstream", 4711, None, skip=3)(tell)
    if name in ("ftp", "pop3", "imap", "imap-starttls", "irc", "http", "ssh", "nntp", "whois", "vpn"):
        port = 465 if name == "vpn" else 25
        case(f"{name}-on-{port}", port, "any", "not-smtp", ndpi, "not-smtp")(tell)


def capture(spec, path):
    net = craft.Net()
    spec["tell"](net.tcp(CLIENT, SERVER, sport=40001, dport=spec["port"]))
    packets = net.packets()[spec["skip"]:]
    if spec["only"]:
        source = bytes(int(x) for x in (CLIENT if spec["only"] == C else SERVER).split("."))
        packets = [p for p in packets if p.data[26:30] == source]
    write_pcap(path, packets)


def judge(spec, done, has_ndpi):
    records = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    sessions = [r for r in records if r["event"]["dataset"] == "wiretale.session"]
    wrong = []
    if done.returncode not in (0, 3):
        wrong.append(f"exit {done.returncode}: {done.stderr.strip()[-300:]}")
    if "canary" in done.stdout + done.stderr:
        wrong.append("a password is told")
    if len(sessions) != (spec["codes"] is not None):
        return wrong + [f"{len(sessions)} sessions"]
    if not sessions:
        return wrong
    s = sessions[0]
    if spec["said"] and has_ndpi and spec["said"] not in done.stderr:
        wrong.append(f"standard error does not say '{spec['said']}': {done.stderr[-200:]}")
    if not spec["said"] and "nDPI says" in done.stderr:
        wrong.append(f"a disagreement is told: {done.stderr[-200:]}")
    codes = [x.get("code") for x in s.get("steps", []) if x["kind"] == "reply"]
    if spec["codes"] != "any" and codes != spec["codes"]:
        wrong.append(f"replies {codes}, not {spec['codes']}")
    if spec["outcome"] and s["smtp"]["outcome"] != spec["outcome"]:
        wrong.append(f"outcome {s['smtp']['outcome']}, not {spec['outcome']}")
    ndpi = s["network"].get("ndpi", "")
    if spec["ndpi"] is not None and ndpi != (spec["ndpi"] if has_ndpi else ""):
        wrong.append(f"nDPI '{ndpi}', not '{spec['ndpi']}'")
    rules = [f["rule"] for f in s["findings"]]
    if spec["outcome"] == "not-smtp":  # nobody is blamed for the manners of another protocol
        wrong += [f"{f['rule']}: {f['summary']}" for f in s["findings"] if f["rule"] not in ("not-smtp", "non-smtp-client")]
    if spec["rule"] and spec["rule"] not in rules:
        wrong.append(f"no {spec['rule']} among {rules}")
    return wrong


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("wiretale")
    ap.add_argument("--only", default="")
    ap.add_argument("--keep")
    args = ap.parse_args()
    version = subprocess.run([args.wiretale, "--version"], capture_output=True, text=True, check=True).stdout
    has_ndpi = "nDPI" in version and "nDPI none" not in version
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(args.keep or folder)
        folder.mkdir(exist_ok=True)
        chosen = [s for s in CASES if args.only in s["name"]]
        for spec in chosen:
            path = folder / (spec["name"] + ".pcap")
            capture(spec, str(path))
            done = subprocess.run([args.wiretale, "read", "--no-config", "--steps", "all", "--jsonl", "-", *spec["options"], str(path)],
                                  capture_output=True, text=True, timeout=60)
            for what in judge(spec, done, has_ndpi):
                failed += 1
                print(f"FAIL {spec['name']}: {what}")
        print(f"{len(chosen)} connections, {failed} failures")
    return failed > 0 or not chosen


if __name__ == "__main__":
    sys.exit(main())
