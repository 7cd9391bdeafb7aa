#!/usr/bin/env python3
"""What people read off the packets of real captures by eye, as tests.

usage: shared_captures.py WIRETALE [--only TEXT]

The captures are not ours to copy: they are looked for in $WIRETALE_SHARED, else in ../shared beside the sources; where they
are not, the test is skipped (exit 77). Each function below is one capture; its name is the file's. Expectations are
written by hand from the packets, quoting no address, name or credential; none was taken from the program's output. dialogue_differences.txt beside this file
lists where the independent reading that comes with the captures is wrong, with the bytes that prove it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

VERBS = "EHLO HELO LHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY EXPN HELP ETRN XCLIENT XFORWARD QUIT".split()
HERE = pathlib.Path(__file__).resolve().parent
CHECKS = []


def check(path, *options):
    def register(function):
        CHECKS.append((path, options, function))
        return function
    return register


class Fault(AssertionError):
    pass


def same(what, got, wanted):
    if got != wanted:
        raise Fault(f"{what}: got {got!r}, wanted {wanted!r}")


def near(what, got, wanted, by=0.002):
    if got is None or abs(got - wanted) > by:
        raise Fault(f"{what}: got {got!r}, wanted {wanted} +- {by}")


class Session:
    """One wiretale.session record, with short names for what the checks ask."""

    def __init__(self, record):
        self.record, self.smtp, self.tcp = record, record.get("smtp", {}), record.get("tcp", {})
        self.steps = record.get("steps", [])
        self.port, self.tls = record["client"]["port"], record.get("tls", {})
        self.rules = [f["rule"] for f in record.get("findings", ())]

    def talk(self):
        """'C EHLO', 'S 250', 'C content 687', in the order told."""
        out = []
        for s in self.steps:
            if s["kind"] == "command":
                out.append("C " + (s["verb"] if s.get("verb") in VERBS else "?"))
            elif s["kind"] == "reply":
                out.append(f"S {s.get('code', '---')}")
            elif s["kind"] == "content":
                out.append(f"C content {s['bytes']}")
            elif s["kind"] in ("auth", "chunk"):
                out.append("C " + s["kind"])
        return out

    def pairs(self):
        """What was answered how."""
        return [(s.get("to"), s.get("code")) for s in self.steps if s["kind"] == "reply"]

    def closes(self):
        return [(c["dir"], c["kind"]) for c in self.tcp.get("close", [])]

    def close_t(self, n):
        return self.tcp["close"][n]["t"]

    def replies(self):
        return [s for s in self.steps if s["kind"] == "reply"]

    def reply(self, code, nth=0):
        found = [s for s in self.replies() if s.get("code") == code]
        if len(found) <= nth:
            raise Fault(f"reply {code} number {nth + 1} is missing: {self.talk()}")
        return found[nth]

    def accepted(self):
        return sum(t["outcome"] == "accepted" for t in self.smtp.get("transactions", ()))

    def gaps(self, side):
        return list(self.tcp.get("gaps", {}).get(side, ()))


class Told:
    def __init__(self, records, run):
        self.sessions = [Session(r) for r in records if r["event"]["dataset"] == "wiretale.session"]
        self.findings = [r for r in records if r["event"]["dataset"] == "wiretale.finding"]
        self.capture, self.run, self.raw = records[-1] if records else {}, run, run.stdout.decode()

    def only(self):
        same("sessions", len(self.sessions), 1)
        return self.sessions[0]

    def of(self, port):
        found = [s for s in self.sessions if s.port == port]
        same(f"sessions from port {port}", len(found), 1)
        return found[0]

    def packets(self):
        return self.capture["wiretale"]["packets"] if "wiretale" in self.capture else self.capture.get("packets")


# --- captures/README.md, "Ground truth", one by one ---


@check("smtp/zeek__zeek__smtp-multi-addr.pcap")
def multi_addr(told):
    s = told.only()
    same("packets", s.record["client"]["packets"] + s.record["server"]["packets"], 21)
    at = s.talk().index("C RCPT")
    same("RCPT and DATA in one segment", s.talk()[at:at + 4], ["C RCPT", "C DATA", "S 250", "S 354"])
    rcpt = [x for x in s.steps if x["kind"] == "command" and x["verb"] in ("RCPT", "DATA")]
    same("both in the same packet", rcpt[0]["frame"], rcpt[1]["frame"])
    near("RCPT", rcpt[0]["t"], 0.006, 0.0006)
    same("message", [t["bytes"] for t in s.smtp["transactions"]], [687 - 3])
    final = [r for r in s.replies() if r["to"] == "content"]
    same("final replies", [r["code"] for r in final], [250])
    near("final reply", final[0]["t"], 0.593, 0.0006)
    late = s.reply(451)
    near("the server's timeout", late["t"], 61.178, 0.0006)
    same("answers", late["to"], "unsolicited")
    same("text", late["text"], "4.7.0 Timeout waiting for client input")
    near("idle before it", late["t"] - final[0]["t"], 60.6, 0.06)
    same("closes", s.closes(), [("s", "fin")])
    same("accepted", s.accepted(), 1)


@check("smtp/arkime__arkime__smtp-data-521.pcap")
def data_521(told):
    s = told.only()
    same("packets", s.record["client"]["packets"] + s.record["server"]["packets"], 38)
    same("server port", s.record["server"]["port"], 587)
    dialogue = ["S 220", "C EHLO", "S 250", "C AUTH", "S 334", "C auth", "S 235", "C RSET", "S 250", "C MAIL", "S 250", "C RCPT",
                "S 250", "C DATA", "S 354"]
    same("dialogue", s.talk()[:len(dialogue)], dialogue)
    same("lines of the greeting and of the EHLO reply", [r["lines"] for r in s.replies()[:2]], [8, 10])
    same("auth", (s.smtp["auth"]["mechanism"], s.smtp["auth"]["outcome"]), ("PLAIN", "accepted"))
    refusal = s.reply(521)
    near("521", refusal["t"], 7.536, 0.0006)
    same("521 is told of the content", refusal["to"], "content")
    same("accepted", s.accepted(), 0)
    last = [x for x in s.steps if x["kind"] == "command"][-1]
    same("last command", last["verb"], "RSET")
    near("last RSET", last["t"], 8.172, 0.0006)
    same("no reply to it", s.talk()[-1], "C RSET")
    same("closes", s.closes(), [("s", "fin"), ("c", "fin"), ("s", "rst")])
    near("RST", s.close_t(2), 8.244, 0.0006)


@check("smtp/zeek__zeek__smtp-mail-transactions-invalid.pcap")
def transactions_invalid(told):
    s = told.only()
    same("packets", s.record["client"]["packets"] + s.record["server"]["packets"], 76)
    codes = [r.get("code") for r in s.replies()]
    same("503s", codes.count(503), 5)
    same("500s", codes.count(500), 6)
    same("220 and EHLO's 250 in one segment", s.replies()[0]["frame"], s.replies()[1]["frame"])
    wanted = ["C EHLO", "C MAIL", "C RCPT", "C DATA", "C content", "C RCPT", "C DATA", "C ?", "C ?", "C MAIL", "C DATA", "C ?", "C ?",
              "C DATA", "C ?", "C ?", "C MAIL", "C RCPT", "C DATA", "C content", "C QUIT"]
    same("client", [" ".join(x.split()[:2]) for x in s.talk() if x[0] == "C"], wanted)
    same("lines of the 503 to DATA", s.reply(503, 1)["lines"], 3)
    same("accepted", s.accepted(), 2)
    same("closes", s.closes(), [("s", "fin"), ("c", "fin")])


@check("smtp/zeek__zeek__smtp-starttls.pcap")
def starttls(told):
    s = told.only()
    same("packets", s.record["client"]["packets"] + s.record["server"]["packets"], 37)
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C STARTTLS", "S 220"])
    same("length of the helo name", len(s.smtp["helo"]), 18)
    same("lines", s.replies()[1]["lines"], 6)
    same("tls", (s.smtp["tls"], s.tls["version"], s.tls["cipher_id"]), ("starttls", "1.2", "0xc02f"))
    same("cipher", s.tls["cipher"], "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    same("server name", s.tls.get("client", {}).get("server_name"), None)
    same("closes", s.closes()[:2], [("s", "fin"), ("c", "fin")])
    near("S FIN", s.close_t(0), 7.618, 0.0006)
    near("C FIN", s.close_t(1), 7.618, 0.0006)
    same("RSTs", {c for c in s.closes()[2:]}, {("s", "rst")})
    near("RST", s.close_t(2), 7.662, 0.0006)


@check("smtp/ntop__nDPI__smtp-starttls.pcap")
def ndpi_starttls(told):
    same("sessions", len(told.sessions), 2)
    a, b = told.of(57406), told.of(7562)
    same("a", (a.smtp["tls"], a.tls["version"], a.tls["cipher_id"]), ("starttls", "1.0", "0x0005"))
    same("a closes", a.closes(), [("s", "fin"), ("c", "fin")])
    same("b is IPv6", b.record["network"]["type"], "ipv6")
    same("b", (b.smtp["tls"], b.tls["version"], b.tls["cipher_id"]), ("starttls", "1.2", "0xc02f"))
    same("b lines", [r["lines"] for r in b.replies() if r["to"] == "EHLO"], [9])
    same("b gaps", (b.gaps("client"), b.gaps("server")), ([5760], []))
    gap = [x for x in b.steps if x["kind"] == "gap"]
    same("b gap steps", [(x["dir"], x["bytes"]) for x in gap], [("c", 5760)])
    near("b gap", gap[0]["t"], 0.267, 0.02)
    same("b closes", b.closes(), [("c", "fin"), ("c", "rst"), ("s", "fin")])


@check("smtp/siegfried415__smtp-nel-filter__smtp_2.pcap")
def nel_2(told):
    s = told.only()
    at = s.talk().index("C MAIL")
    same("pipelined", s.talk()[at:at + 6], ["C MAIL", "C RCPT", "C DATA", "S 553", "S 550", "S 503"])
    same("answers", s.pairs()[2:5], [("MAIL", 553), ("RCPT", 550), ("DATA", 503)])
    same("in one segment", s.reply(550)["frame"], s.reply(503)["frame"])
    same("the first alone", s.reply(553)["frame"] != s.reply(550)["frame"], True)
    same("lines", s.replies()[1]["lines"], 6)
    same("end", s.talk()[-4:], ["C RSET", "S 250", "C QUIT", "S 221"])
    same("closes", s.closes(), [("s", "fin"), ("c", "fin")])


@check("smtp/siegfried415__smtp-nel-filter__smtp_1.pcap")
def nel_1(told):
    s = told.only()
    same("mechanism", s.smtp["auth"]["mechanism"], "NTLM")
    mail = s.smtp["transactions"][0]
    same("SIZE", [p for p in mail["params"] if p.upper().startswith("SIZE=")], ["SIZE=635555"])
    same("holes", s.gaps("client"), [1176, 1460, 5556, 1176])
    same("answers", s.pairs()[-2:], [("content", 250), ("QUIT", 221)])
    near("250", s.replies()[-2]["t"], 28.036, 0.0006)
    content = [x for x in s.steps if x["kind"] == "content"]
    same("contents", [x["complete"] for x in content], [True])
    same("accepted", s.accepted(), 1)
    wait = [x for x in s.steps if x["kind"] == "wait" and abs(x["seconds"] - 19) < 0.2]
    same("19 s until the 250", len(wait), 1)


@check("smtp/zeek__zeek__smtp-bdat-cmd-invalid.pcapng")
def bdat_invalid(told):
    same("sessions", len(told.sessions), 3)
    texts = []
    for s in told.sessions:
        texts += [x["text"] for x in s.steps if x["kind"] == "command" and x["verb"] == "BDAT"]
        refusal = s.reply(521)
        same("answers", refusal["to"], "BDAT")
        same("text", refusal["text"].startswith("5.5.4"), True)
        same("chunks", [x for x in s.talk() if x == "C chunk"], [])
        same("first to close", s.closes()[0], ("s", "fin"))
        same("last word, unanswered", s.talk()[-1], "C QUIT")
    same("BDAT lines", sorted(texts), ["BDAT", "BDAT 1234 SCRAMBLE", "BDAT SCRAMBLE"])


def bad_chunk(told, text):
    s = told.only()
    same("chunks", [x for x in s.talk() if x == "C chunk"], [])
    same("lines", [x["text"].rstrip("\\x0d") for x in s.steps if x.get("verb") == "BDAT" and x["kind"] == "command"], [text])
    same("answers", s.pairs()[-1], ("BDAT", 521))
    same("last word", s.talk()[-1], "C QUIT")
    same("accepted", s.accepted(), 0)


@check("smtp/zeek__zeek__smtp-bdat-cmd-negative-chunk-size.pcap")
def bdat_negative(told):
    bad_chunk(told, "BDAT -1 LAST")


@check("smtp/zeek__zeek__smtp-bdat-cmd-chunk-size-overflow.pcap")
def bdat_overflow(told):
    bad_chunk(told, "BDAT 15555555557777777777 LAST")


@check("smtp/zeek__zeek__smtp-bdat-cmd-chunk-size-overflow2.pcap")
def bdat_overflow_2(told):
    bad_chunk(told, "BDAT 184467440737095516150 LAST")


@check("smtp/zeek__zeek__smtp.pcap")
def zeek_smtp(told):
    same("sessions", len(told.sessions), 2)
    a, b = told.of(1470), told.of(49648)
    same("a", a.talk(), ["S 220", "C EHLO", "S 250", "C AUTH", "S 334", "C auth", "S 334", "C auth", "S 235", "C MAIL", "S 250", "C RCPT",
                         "S 250", "C DATA", "S 354", f"C content {14549 - 3}", "S 250", "C QUIT", "S 221"])
    same("length of the helo name", len(a.smtp["helo"]), 2)
    same("lines", [r["lines"] for r in a.replies()[:2]], [3, 6])
    same("mechanism", (a.smtp["auth"]["mechanism"], a.smtp["auth"]["outcome"]), ("LOGIN", "accepted"))
    same("ICMP errors", len([x for x in a.steps if x["kind"] == "icmp"]), 4)
    same("resent", a.tcp["retransmits"]["client"], 5)
    same("accepted", (a.accepted(), b.accepted()), (1, 1))
    same("b recipients", len(b.smtp["transactions"][0]["rcpts"]), 3)
    same("b closes", b.closes(), [])


@check("smtp/OISF__suricata-verify__smtp-out-of-order.pcap")
def out_of_order(told):
    s = told.only()
    same("answers", s.pairs()[1:], [("HELO", 250), ("RCPT", 503), ("DATA", 503), ("MAIL", 250), ("RCPT", 250), ("DATA", 354),
                                    ("content", 250), ("QUIT", 221)])
    same("accepted", s.accepted(), 1)


@check("smtp/ntop__nDPI__smtps.pcapng")
def smtps(told):
    s = told.only()
    same("port", s.record["server"]["port"], 465)
    same("packets", s.record["client"]["packets"] + s.record["server"]["packets"], 4)
    same("reply", [(r["code"], r["to"], r["lines"]) for r in s.replies()], [(220, "greeting", 3)])
    same("a ClientHello", any(x["kind"] == "tls" and x["dir"] == "c" for x in s.steps), True)


@check("smtp/arkime__arkime__smtp-moloch-bof.pcap")
def moloch_bof(told):
    s = told.only()
    same("early talker", "early-talker" in s.rules, True)
    same("closes", s.closes(), [("s", "fin"), ("c", "rst")])


@check("smtp/ntop__nDPI__openvpn_obfuscated.pcapng")
def openvpn(told):
    for s in told.sessions:
        same("no dialogue", s.talk(), [])
        same("no TLS", s.smtp.get("tls", "none"), "none")
        same("outcome", s.smtp.get("outcome"), "not-smtp")


@check("smtp/zeek__zeek__irc-starttls.pcap")
def irc(told):
    same("sessions with SMTP", [s.talk() for s in told.sessions if s.talk()], [])


@check("smtp/rosetscmite__poc_tools__scan.pcap")
def scan(told):
    """A port scan, with one probe on 25 that says EHLO before it is greeted."""
    for s in told.sessions:
        same("dialogue", s.talk(), ["C EHLO", "S 220", "S 501"] if s.port == 34880 else [])
        same("mails", s.smtp.get("transactions", []), [])


# --- crafted/, from the scripts that made them ---


@check("crafted/c1_multiline_split.pcap")
def c1(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C QUIT", "S 221"])
    same("lines", s.replies()[1]["lines"], 4)
    same("extensions", s.smtp["extensions"], ["PIPELINING", "SIZE 100", "STARTTLS"])


@check("crafted/c2_eom_then_cmds.pcap")
def c2(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C MAIL", "C RCPT", "C DATA", "S 250", "S 250", "S 354", "C content 21", "C MAIL",
                                "C RCPT", "C DATA", "S 250", "S 250", "S 250", "S 354", "C content 21", "C QUIT", "S 250", "S 221"])
    same("answers", s.pairs()[5:], [("content", 250), ("MAIL", 250), ("RCPT", 250), ("DATA", 354), ("content", 250), ("QUIT", 221)])
    same("mails", [(t["mail_from"], t["bytes"], t["outcome"]) for t in s.smtp["transactions"]], [("<a@b>", 21, "accepted"), ("<e@f>", 21, "accepted")])


@check("crafted/c3_smuggle.pcap")
def c3(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C MAIL", "S 250", "C RCPT", "S 250", "C DATA", "S 354", "C content 85", "S 250",
                                "C QUIT", "S 221"])
    same("one mail", [(t["mail_from"], t["outcome"]) for t in s.smtp["transactions"]], [("<a@b>", "accepted")])


@check("crafted/c4_data_rejected.pcap")
def c4(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C MAIL", "S 550", "C DATA", "S 503", "C RSET", "S 250", "C QUIT", "S 221"])
    same("mail", [(t["mail_from"], t["outcome"]) for t in s.smtp["transactions"]], [("<a@b>", "rejected")])


@check("crafted/c5_bdat_next_cmd.pcap")
def c5(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C MAIL", "S 250", "C RCPT", "S 250", "C BDAT", "C chunk", "C MAIL", "S 250", "S 250",
                                "C RSET", "S 250", "C QUIT", "S 221"])
    same("answers", s.pairs()[4:6], [("BDAT", 250), ("MAIL", 250)])
    same("mails", [(t["mail_from"], t["method"], t["bytes"], t["outcome"]) for t in s.smtp["transactions"][:1]], [("<a@b>", "bdat", 5, "accepted")])


@check("crafted/c6_slow.pcap")
def c6(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C MAIL", "S 421"])
    waits = sorted(round(x["seconds"]) for x in s.steps if x["kind"] == "wait")
    same("waits", waits, [5, 30, 300])
    same("all of them for the server", {x["owner"] for x in s.steps if x["kind"] == "wait"}, {"server"})


@check("crafted/d1_icmp_syn.pcap")
def d1(told):
    s = told.only()
    same("icmp", len([x for x in s.steps if x["kind"] == "icmp"]), 1)
    same("primary", [f["rule"] for f in s.record["findings"] if f.get("primary")], ["connect-admin-prohibited"])


@check("crafted/d2_pmtu.pcap")
def d2(told):
    s = told.only()
    same("dialogue", s.talk()[:3], ["S 220", "C EHLO", "S 250"])
    same("icmp", len([x for x in s.steps if x["kind"] == "icmp"]), 1)
    same("resent", s.tcp["retransmits"]["client"], 4)
    same("nothing sure is said of the client", [r for r in s.rules if r in ("client-abort-idle", "bad-sequence-client")], [])


@check("crafted/d3_zerowin_rst.pcap")
def d3(told):
    s = told.only()
    same("dialogue", s.talk(), ["S 220", "C EHLO", "S 250", "C MAIL"])
    same("window", any(x["kind"] == "zero-window" and x["dir"] == "s" for x in s.steps), True)
    same("closes", s.closes(), [("c", "rst")])


def shared_folder():
    for place in (os.environ.get("WIRETALE_SHARED"), HERE.parent.parent / "shared"):
        if place and (pathlib.Path(place) / "captures").is_dir():
            return pathlib.Path(place) / "captures"
    return None


def read(program, path, options):
    run = subprocess.run([program, "read", str(path), "--redact", "none", "--steps", "all", "--jsonl", "-", *options],
                         capture_output=True, timeout=120)
    if run.returncode not in (0, 3, 4):
        raise Fault(f"exit {run.returncode}: {run.stderr.decode(errors='replace')[-300:]}")
    return Told([json.loads(line) for line in run.stdout.splitlines()], run)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program"), ap.add_argument("--only", default="")
    a = ap.parse_args()
    captures = shared_folder()
    if captures is None:
        print("the shared captures are not here: skipped")
        return 77
    total = good = 0
    for path, options, function in CHECKS:
        if a.only not in path:
            continue
        total += 1
        try:
            function(read(a.program, captures / path, options))
            good += 1
        except (Fault, KeyError, IndexError, ValueError) as fault:
            print(f"{path}: {fault if isinstance(fault, Fault) else repr(fault)}")
    print(f"{good} of {total} captures read as by eye")
    return 0 if total and good == total else 1


if __name__ == "__main__":
    sys.exit(main())
