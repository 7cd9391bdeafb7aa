"""keylog - mail inside TLS, opened with its key log, against what each end says it received.

usage: keylog.py WIRETALE CAPTURES WORK

CAPTURES is pcaps/tls-keylog. For every capture in its HEARD.json: the dialogue told is the one the ends had; all else is told
as of the same dialogue without TLS (record.py --plain); no password and no key is in any report. Without the log, with the log
of others, with one whose secrets are wrong, and with one that breaks off, nothing is told of what is inside.
"""
import json
import os
import re
import struct
import subprocess
import sys

WIRETALE, CAPTURES, WORK = sys.argv[1:4]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import segments  # noqa: E402
from capfile import _block, read as capfile_read, write_pcap, write_pcapng  # noqa: E402

FAILURES = []


def check(good, *what):
    if not good:
        FAILURES.append(" ".join(str(w) for w in what))
        print("FAIL", *what)


def read(capture, *options):
    """Sessions, and what was said on standard error."""
    run = subprocess.run([WIRETALE, "read", capture, "--no-config", "--redact", "none", "--steps", "all", "--jsonl", "-", *options],
                         capture_output=True, text=True)
    check(run.returncode == 0, capture, options, "ends with", run.returncode, run.stderr)
    records = [json.loads(line) for line in run.stdout.splitlines()]
    return [r for r in records if r["event"]["dataset"] == "wiretale.session"], run.stderr, run.stdout


def said(session):
    """The dialogue as told, without what is in clear before TLS."""
    steps = [s for s in session["steps"] if s["kind"] in ("command", "reply", "content")]
    start = max([i for i, s in enumerate(steps) if s["kind"] == "command" and s.get("verb") == "STARTTLS"] or [-1])
    out = []
    for step in steps[start + 2 if start >= 0 else 0:]:
        if step["kind"] == "command":
            out.append(("command", step["text"]))
        elif step["kind"] == "reply":
            out.append(("reply", step.get("code"), step.get("text"), step.get("lines")))
        elif step["kind"] == "content":
            out.append(("content", step["bytes"], step["complete"]))
    return out


def heard(truth, secret):
    """The same from what the ends received: commands and contents in order, and replies in order."""
    client, replies = [], []
    rest = truth["client"]
    while rest:
        line, rest = rest.split("\r\n", 1)
        client.append(("command", line.replace(" " + secret, "")))
        if line == "DATA":
            body, rest = rest.split("\r\n.\r\n", 1)
            client.append(("content", len(body) + 2, True))
    lines = []
    for line in truth["server"].split("\r\n")[:-1]:
        lines.append(line)
        if line[3] == " ":
            replies.append(("reply", int(line[:3]), lines[0][4:], len(lines)))
            lines = []
    return client, replies


def same_dialogue(name, session, truth, secret):
    told = said(session)
    client, replies = heard(truth, secret)
    check([t for t in told if t[0] != "reply"] == client, name, "client said", client, "told", told)
    check([t for t in told if t[0] == "reply"] == replies, name, "server said", replies, "told", told)


def mail(session):
    smtp = session["smtp"]
    return smtp["outcome"], smtp.get("phase"), smtp.get("transactions"), smtp.get("auth"), smtp.get("helo"), smtp.get("extensions")


def same_as_plain(name, session, plain):
    check(mail(session) == mail(plain), name, "told as", mail(session), "plain is", mail(plain))
    about_tls = ("plaintext-auth", "starttls-not-offered")  # what the plain one is accused of for being plain
    ours = [f["rule"] for f in session.get("findings", []) if not f["rule"].startswith(("cert-", "tls-"))]
    theirs = [f["rule"] for f in plain.get("findings", []) if f["rule"] not in about_tls]
    check(ours == theirs, name, "findings", ours, "of the plain one", theirs)


def hidden(name, sessions, errors, words, without):
    """As without any key, and it was said why."""
    check(all(s["smtp"]["outcome"] == "encrypted" for s in sessions), name, [s["smtp"]["outcome"] for s in sessions])
    check([said(s) for s in sessions] == [said(s) for s in without], name, "tells more than without keys")
    check(words in errors, name, "does not say", words, "but", errors)


def pcapng(source, keys, target):
    """The same packets, behind a Decryption Secrets Block."""
    write_pcapng(target, capfile_read(source)[1])
    with open(target, "rb") as f:
        data = f.read()
    first = struct.unpack("<I", data[4:8])[0]
    with open(keys, "rb") as f:
        log = f.read()
    block = _block("<", 10, struct.pack("<II", 0x544C534B, len(log)) + log)
    with open(target, "wb") as f:
        f.write(data[:first] + block + data[first:])


def write(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def near_misses(name, capture, log, other_log):
    without, _, _ = read(capture)
    random = re.compile(r"^(\S+ [0-9a-f]{64}) ([0-9a-f]+)$", re.M)
    wrong = random.sub(lambda m: m.group(1) + " " + m.group(2)[::-1], log)
    sessions, errors, _ = read(capture, "--keylog", write("wrong", wrong))
    hidden(name + " with wrong secrets", sessions, errors, "do not fit", without)
    sessions, errors, _ = read(capture, "--keylog", write("other", other_log))
    hidden(name + " with the log of others", sessions, errors, "keys are missing", without)
    short = log[:len(log) - log[::-1].index(" ") + 10]  # inside the last secret, whose line is needed
    sessions, errors, _ = read(capture, "--keylog", write("short", short))
    hidden(name + " with a log that breaks off", sessions, errors, "1 line not understood", without)
    sessions, errors, _ = read(capture, "--keylog", write("empty", "# nothing\n"))
    hidden(name + " with an empty log", sessions, errors, "no secret of TLS in it", without)


def without_packets(name):
    """Each packet with data lost in turn: nothing is told that was not said, and no key is blamed."""
    link, packets = capfile_read(os.path.join(CAPTURES, name + ".pcap"))
    keys, bent = os.path.join(CAPTURES, name + ".keys"), os.path.join(WORK, "bent.pcap")
    was = {step for s in read(os.path.join(CAPTURES, name + ".pcap"), "--keylog", keys)[0] for step in spoken(s)}
    for lost in [i for i, p in enumerate(packets) if len(p.data) > 60]:
        write_pcap(bent, [p for i, p in enumerate(packets) if i != lost], link)
        sessions, errors, _ = read(bent, "--keylog", keys)
        more = {step for s in sessions for step in spoken(s)} - was
        check(not more, name, "without packet", lost + 1, "tells", more)
        check("do not fit" not in errors, name, "without packet", lost + 1, "says", errors)


def commands(session):
    return [s["verb"] for s in session["steps"] if s["kind"] == "command"]


def spoken(session):
    return [(s["kind"], s.get("verb"), s.get("code"), s.get("text")) for s in session["steps"] if s["kind"] in ("command", "reply", "auth")]


def spoiled(name):
    """One bit of a record in the middle is wrong: what came before is told, the rest is encrypted, and that is said."""
    link, packets = capfile_read(os.path.join(CAPTURES, name + ".pcap"))
    keys, bent = os.path.join(CAPTURES, name + ".keys"), os.path.join(WORK, "bent.pcap")
    last = [i for i, p in enumerate(packets) if len(p.data) > 600][-1]
    data = bytearray(packets[last].data)
    data[-1] ^= 1
    packets[last].data = bytes(data)
    write_pcap(bent, packets, link)
    sessions, errors, _ = read(bent, "--keylog", keys)
    check("decrypted in part" in errors, name, "spoiled says", errors)
    check(sessions[0]["tls"]["decrypted"] is False and sessions[0]["smtp"]["outcome"] == "encrypted", name, "spoiled", sessions[0]["smtp"])
    verbs = commands(sessions[0])
    check("DATA" in verbs and "QUIT" not in verbs, name, "spoiled tells", verbs)


def no_secrets(name, texts, log, secret):
    secrets = [secret, "correct-horse", "quick brown fox"]
    secrets += [line.split()[2] for line in log.splitlines() if line and line[0] != "#"]
    for text in texts:
        for s in secrets:
            check(s.lower() not in text.lower(), name, "lets out", s[:12] + "...")


def one(name, truth):
    capture, keys = os.path.join(CAPTURES, name + ".pcap"), os.path.join(CAPTURES, name + ".keys")
    with open(keys) as f:
        log = f.read()
    files = [os.path.join(WORK, kind) for kind in ("xml", "html")]
    sessions, errors, out = read(capture, "--keylog", keys, "--xml", files[0], "--html", files[1])
    texts = [out, errors]
    for path in files:
        with open(path) as f:
            texts.append(f.read())
    if name.endswith("alert"):
        finding = sessions[0]["findings"][0]
        check(finding["rule"] == "tls13-encrypted-abort-by-server" and finding["confidence"] == "high" and
              "certificate_required" in finding["summary"], name, finding)
        check(not sessions[0]["tls"]["alerts"][0]["encrypted"], name, sessions[0]["tls"]["alerts"])
        check(read(capture)[0][0]["findings"][0]["confidence"] == "medium", name, "is as sure without keys")
        return capture, log
    plain, _, _ = read(os.path.join(WORK, name + ".pcap"))
    check("decrypted" in errors and "fit" not in errors, name, "says", errors)
    check(len(sessions) == len(truth["sessions"]) == len(plain), name, "has", len(sessions), "sessions")
    for session, was, clear in zip(sessions, truth["sessions"], plain):
        check(session["tls"]["decrypted"] is True, name, "was not decrypted")
        if "early" in name:  # what it hid is missing, and nothing is made of that
            check(commands(session) == ["MAIL", "QUIT"] and session["smtp"]["outcome"] == "completed", name, session["smtp"])
            check(not session["findings"], name, session["findings"])
            continue
        if "hole" not in name:
            same_dialogue(name, session, was, truth["secret"])
        same_as_plain(name, session, clear)
    block = os.path.join(WORK, "block.pcapng")
    pcapng(capture, keys, block)
    inside, errors, _ = read(block)
    check("keys in the capture" in errors, name, "with a secrets block says", errors)
    check([said(s) for s in inside] == [said(s) for s in sessions], name, "is told otherwise by its secrets block")
    no_secrets(name, texts, log, truth["secret"])
    return capture, log


def in_other_segments(name):
    """The same bytes split, sent again and out of order are the same dialogue."""
    link, packets = capfile_read(os.path.join(CAPTURES, name + ".pcap"))
    keys, bent = os.path.join(CAPTURES, name + ".keys"), os.path.join(WORK, "bent.pcap")
    was = [(said(s), mail(s)) for s in read(os.path.join(CAPTURES, name + ".pcap"), "--keylog", keys)[0]]
    for how, bend in segments.BENDS.items():
        other = bend(packets)
        check(len(other) > len(packets) or name.endswith("-split"), name, how, "has no packet more")
        write_pcap(bent, other, link)
        sessions, errors, _ = read(bent, "--keylog", keys)
        check("fit" not in errors and "in part" not in errors, name, how, "says", errors)
        check([(said(s), mail(s)) for s in sessions] == was, name, how, "is told as", [(said(s), mail(s)) for s in sessions], "not", was)


def with_hello(name, as_, change):
    """The capture with another ServerHello, which `change` is given from its version on."""
    link, packets = capfile_read(os.path.join(CAPTURES, name + ".pcap"))
    for packet in packets:
        at = packet.data.find(b"\x16\3\3") + 9
        if at > 9 and packet.data[at - 4] == 2:
            packet.data = packet.data[:at] + change(packet.data[at:])
    path = os.path.join(WORK, as_ + ".pcap")
    write_pcap(path, packets, link)
    return path


def not_opened():
    """What is not decrypted is told as encrypted, with the reason; nothing of it is guessed."""
    name, keys = "tls12-cbc-sha1", os.path.join(CAPTURES, "tls12-cbc-sha1.keys")

    def cipher(number):
        return lambda hello: hello[:35 + hello[34]] + number + hello[37 + hello[34]:]

    for as_, change, why, fact in (
            ("3des", cipher(b"\xc0\x12"), "cipher TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA is not decrypted", "this cipher is not decrypted"),
            ("rc4", cipher(b"\xc0\x11"), "cipher TLS_ECDHE_RSA_WITH_RC4_128_SHA is not decrypted", "this cipher is not decrypted"),
            ("unknown", cipher(b"\xfe\x77"), "its cipher is not decrypted", "this cipher is not decrypted"),
            ("tls11", lambda hello: b"\3\2" + hello[2:], "TLS 1.1 is not decrypted, only TLS 1.2 and 1.3", "only TLS 1.2 and 1.3 are decrypted"),
            ("tls10", lambda hello: b"\3\1" + hello[2:], "TLS 1.0 is not decrypted, only TLS 1.2 and 1.3", "only TLS 1.2 and 1.3 are decrypted")):
        capture = with_hello(name, as_, change)
        sessions, errors, _ = read(capture, "--keylog", keys)
        hidden(as_, sessions, errors, "of a version or cipher that is not decrypted", read(capture)[0])
        opaque = [f["summary"] for f in sessions[0]["findings"] if f["rule"] == "tls-opaque"]
        check(len(opaque) == 1 and why in opaque[0], as_, "says", opaque)
        check(sessions[0]["tls"]["decrypted"] is False, as_, sessions[0]["tls"])
        check(fact in shown(capture, keys), as_, "is not shown as", fact)
        check("keys" not in read(capture)[0][0]["findings"][-1]["summary"], as_, "speaks of keys that nobody gave")
    early = os.path.join(CAPTURES, "tls13-early-data")
    check("decrypted, but for the client's early data" in shown(early + ".pcap", early + ".keys"), "early data is not spoken of")
    resumed = os.path.join(CAPTURES, "tls13-resumed")
    check("early data" not in shown(resumed + ".pcap", resumed + ".keys"), "early data is spoken of where there is none")


def shown(capture, keys):
    """As one session, its lines joined."""
    run = subprocess.run([WIRETALE, "show", capture, "s0001", "--no-config", "--keylog", keys], capture_output=True, text=True)
    return " ".join(run.stdout.split())


def main():
    with open(os.path.join(CAPTURES, "HEARD.json")) as f:
        truth = json.load(f)
    subprocess.run([sys.executable, os.path.join(CAPTURES, "record.py"), "--plain", WORK], check=True)
    logs = {name: one(name, t) for name, t in truth.items()}
    for name, other in (("tls12-aes128-gcm", "tls13-chacha20"), ("tls12-cbc-sha1", "tls12-chacha20"),
                        ("tls12-cbc-sha256-mac-first", "tls12-chacha20"), ("tls13-aes256-gcm", "tls13-chacha20"),
                        ("tls13-starttls", "tls12-chacha20")):
        near_misses(name, *logs[name], logs[other][1])
    for name in truth:
        in_other_segments(name)
    for name in ("tls12-starttls", "tls12-new-handshake", "tls13-new-keys"):
        without_packets(name)
    not_opened()
    spoiled("tls12-aes128-gcm")
    spoiled("tls13-aes256-gcm")
    print(f"{len(truth)} captures, {len(FAILURES)} failures")
    sys.exit(1 if FAILURES else 0)


main()
