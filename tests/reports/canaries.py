"""canaries - a capture with a unique word in every place where wire text can carry a secret or a name.

usage: canaries.py WIRETALE WORKFOLDER

secret...  must not be in any output at any level: content, headers, AUTH exchanges, what a client types at the
           wrong moment
canary...  local parts of addresses: must not be in any output at --redact envelope

Everything the program writes is searched: JSON Lines, XML, HTML, the summary, the ladder of every session,
messages. Letter case does not hide a word, nor does base64.
"""
import base64
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from craft import Net  # noqa: E402

A, B = "192.0.2.10", "198.51.100.25"
count = {"secret": 0, "canary": 0}
words = []


def word(kind):
    """A new one each time: a leak says where it comes from."""
    count[kind] += 1
    words.append(f"{kind}{count[kind]:03}x")
    return words[-1]


def secret():
    return word("secret")


def bare():
    """Letters of one case, as a verb may have them."""
    words.append("secret" + "".join("bcdfghjkmn"[int(digit)] for digit in f"{len(words):03}") + "x")
    return words[-1]


def name():
    return word("canary")


def b64(text):
    return base64.b64encode(text.encode()).decode()


def talk(net, *lines, **more):
    """C and S lines in turn; a session of its own."""
    c = net.tcp(A, B, at=talk.at, **more)
    talk.at += 30
    c.open()
    for line in lines:
        (c.client if line[0] == "C" else c.server)(line[2:])
    return c


talk.at = 0.0
HELLO = ("S 220 mx.example.com ESMTP", "C EHLO client.example.org",
         "S 250-mx.example.com\n250-AUTH PLAIN LOGIN CRAM-MD5\n250-PIPELINING\n250-DSN\n250 SIZE 1000000")
BYE = ("C QUIT", "S 221 bye")


def message():
    return ("C DATA", "S 354 go on",
            f"C From: {secret()} <{secret()}@example.org>\nSubject: {secret()}\nMessage-ID: <{secret()}@example.org>\n\n"
            f"{secret()} says {secret()}@example.org\n.")


def wrong(net):
    """Credentials where none should stand."""
    for said in ("504 5.5.4 unknown mechanism", "235 ok", "535 5.7.8 no", "334 VXNlcm5hbWU6"):
        talk(net, *HELLO, f"C AUTH {secret().upper()}", f"S {said}", *BYE).close()
    talk(net, *HELLO, f"C AUTH PLAIN {b64(secret())}", "S 235 ok", f"C {bare()}", "S 500 what?", *BYE).close()
    talk(net, *HELLO, "C STARTTLS", "S 220 go", f"C {bare()}", "S 500 what?").close()
    talk(net, f"C {bare()}", "S 220 mx", "S 500 what?", *BYE).close()
    talk(net, *HELLO, f"C XFORWARD NAME=spike LOGIN={secret()}", "S 250 ok", f"C BURL imap://a@b.example/;URLAUTH={secret()} LAST",
         "S 503 no", *BYE).close()
    talk(net, *HELLO, "C DATA", "S 451 4.3.0 not now", f"C Mail from: {secret()} {secret()}\nRcpt to: <{secret()} {secret()}>\n"
         f"VRFY {secret()}\nNOOP {secret()}\nBURL {secret()}\nXCLIENT {secret()}\nHELO {secret()}\n.", *["S 500 what?"] * 8, *BYE).close()
    talk(net, *HELLO, "C BDAT 4 LAST", f"C abc {secret()}\nVRFY {secret()}\n{bare()}", *["S 500 what?"] * 4, *BYE).close()


def echoed(net):
    """Servers that repeat credentials, as they were sent or decoded; the letter case is theirs."""
    for said in ('535 5.7.8 bad password "{1}"', "535 5.7.8 {0}: refused", "535-5.7.8 no\n535 5.7.8 user={0} pass={1}", "535 {1}",
                 "235 2.7.0 welcome {0}"):
        user, password = secret(), secret()
        told = "S " + said.format(user, password.upper())
        talk(net, *HELLO, f"C AUTH PLAIN {b64(f'{chr(0)}{user}{chr(0)}{password}')}", told, *BYE).close()
        talk(net, *HELLO, "C AUTH LOGIN", "S 334 VXNlcm5hbWU6", f"C {b64(user + '@example.org')}", "S 334 UGFzc3dvcmQ6",
             f"C {b64(password)}", told, "C MAIL FROM:<>", f"S 553 5.7.1 not owned by user {user}@example.org", *BYE).close()
        talk(net, *HELLO, f"C AUTH XOAUTH2 {b64(f'user={user}{chr(1)}auth=Bearer {password}{chr(1)}{chr(1)}')}", told, *BYE).close()
        talk(net, *HELLO, f"C USER {user}", f"S 331 password for {user}?", f"C PASS {password}", told, *BYE).close()
    c = talk(net, *HELLO, "C AUTH LOGIN", "S 334 VXNlcm5hbWU6")
    c.client(b64(secret()), unseen=True)
    c.server(f"535 5.7.8 {secret()} is unknown").close()


def build(net):
    user = name()
    # the envelope, well formed and not, and servers that repeat it in many ways
    talk(net, f"S 220 mx.example.com ESMTP {name()}@example.com", f"C EHLO {name()}@client.example.org",
         f"S 250-mx.example.com greets {name()}@client.example.org\n250 XADMIN {name()}@example.com",
         f"C MAIL FROM:<{name()}@example.org> SIZE=100 AUTH={name()}+40example.org ENVID={name()}+40example.org",
         "S 250 2.1.0 ok", f"C RCPT TO:<{user}@example.com> ORCPT=rfc822;{name()}+40example.com",
         f"S 550 5.1.1 {user}... User unknown, {user.upper()}: no such mailbox, not '{user}' nor <{user}> nor ({user})",
         f"C RCPT TO:<\"{name()} junior\"@example.com>", "S 250 2.1.5 ok", f"C RCPT TO:{name()}@example.com", "S 501 no",
         f"C RCPT TO:<{name()}%example.net@example.com>", "S 250 ok",
         f"C RCPT TO:<@a.example,@b.example:{name()}@example.com>", "S 250 ok",
         f"C RCPT TO:<{name()}>", "S 250 ok", f"C RCPT {name()}@example.com", "S 501 no",
         f"C RCPT TO: {name()} <{name()}@example.com>", "S 501 no", f"C RCPT TO:<{name()}@example.com", "S 501 no",
         f"C RCPT TO:<bang!{name()}@example.com> X={name()}@example.com", "S 555 no",
         f"C VRFY {name()}", f"S 252 2.5.1 {name()}@example.com", f"C VRFY {name()} <{name()}@example.com>",
         f"S 250 {name()} <{name()}@example.com>", f"C EXPN {name()}", f"S 250 {name()} <{name()}@example.com>",
         f"C NOOP {name()}@example.com", f"S 250 {name()}@example.com", *message(),
         f"S 250 2.0.0 Ok: <{name()}@mx.example.com> queued as 4ABC for {user}", *BYE).close()
    # refused in a way that becomes a finding, with the address in a link and quoted
    talk(net, *HELLO, f"C MAIL FROM:<{name()}@example.org>", "S 250 ok", f"C RCPT TO:<{user}@example.com>",
         f"S 550 5.7.23 see http://spf.example/why?s=mfrom;id={name()}%40example.org;r={user}%40example.com", *BYE).close()
    talk(net, *HELLO, f"C MAIL FROM:<{name()}@example.org>", f"S 503 5.5.1 nested MAIL from {name()}@example.org", "C DATA",
         "S 503 5.5.1 no recipients", *BYE).close()
    # AUTH: every exchange, and what comes when it goes wrong
    plain = b64(f"\0{secret()}\0{secret()}")
    talk(net, *HELLO, f"C AUTH PLAIN {plain}", f"S 235 2.7.0 ok", f"C MAIL FROM:<{name()}@example.org>", "S 250 ok", *BYE).close()
    talk(net, *HELLO, "C AUTH LOGIN", "S 334 VXNlcm5hbWU6", f"C {b64(secret())}", "S 334 UGFzc3dvcmQ6", f"C {b64(secret())}",
         "S 535 5.7.8 no", f"C {b64(secret())}", "S 500 5.5.2 what?", *BYE).close()
    talk(net, *HELLO, "C AUTH CRAM-MD5", f"S 334 {b64(secret())}", f"C {b64(secret())}", "S 535 no", *BYE).close()
    talk(net, *HELLO, f"C AUTH {b64(secret())}", "S 504 no such mechanism", f"C {secret()}", "S 500 what?",
         f"C AUTH LOGIN\n{b64(secret())}\n{b64(secret())}", "S 503 not now", "S 500 what?", "S 500 what?", *BYE).close()
    wrong(net)
    echoed(net)
    # content where commands are expected
    talk(net, *HELLO, f"C MAIL FROM:<{name()}@example.org>", "S 250 ok", f"C RCPT TO:<{user}@example.com>", "S 250 ok",
         "C DATA", "S 451 4.3.0 not now", f"C Subject: {secret()}\n\nDear {secret()},\n{secret()}\nHELP {secret()}\n"
         f"MAIL {secret()}\nSEND {secret()}@example.org {secret()}\n.", "S 500 what?\n", *BYE).close()
    c = talk(net, *HELLO, f"C MAIL FROM:<{name()}@example.org>", "S 250 ok", f"C RCPT TO:<{user}@example.com>", "S 250 ok",
             "C DATA", "S 354 go on", f"C Subject: {secret()}\n\n{secret()}")
    c.client(f"{secret()}\n" * 40, unseen=True)
    c.client(f"{secret()}\nNOOP {secret()}\n{secret()} {secret()}\n.")
    c.server("250 ok")
    c.close()
    c = talk(net, *HELLO, "C AUTH LOGIN")
    c.server("334 VXNlcm5hbWU6", unseen=True)
    c.client(b64(secret()), unseen=True)
    c.client(b64(secret()))
    c.server("535 no")
    c.client(secret())
    c.server("500 what?")
    c.close()
    # joined in the middle of a message, and of an AUTH exchange
    c = net.tcp(A, B, at=talk.at)
    c.client(f"{secret()} and {secret()}\nVRFY {secret()}\n{secret()}\n.")
    c.server("250 ok")
    c.close()
    talk.at += 30
    c = net.tcp(A, B, at=talk.at)
    c.client(b64(secret()))
    c.server("334 UGFzc3dvcmQ6")
    c.client(b64(secret()))
    c.server("235 ok")
    c.close()
    talk.at += 30
    # ended in the middle: the rest of a line
    talk(net, *HELLO, f"C MAIL FROM:<{name()}@example.org>", "S 250 ok").client(f"RCPT TO:<{name()}".encode())


def forms(text):
    """How a word may hide: as it is, and in base64 at each of the three positions."""
    yield text.encode()
    for pad in range(3):
        coded = base64.b64encode(b"\0" * pad + text.encode())
        yield coded[4 if pad else 0:-4].lower()


def leaks(output, kinds):
    lowered = output.lower()
    for one in words:
        if one.startswith(kinds) and any(form in lowered for form in forms(one)):
            yield one


def run(wiretale, *arguments):
    done = subprocess.run([wiretale, *arguments], capture_output=True, timeout=120)
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout + done.stderr


def outputs(wiretale, capture, folder, level):
    files = {kind: str(folder / f"{level}.{kind}") for kind in ("jsonl", "xml", "html")}
    common = ("--redact", level, "--color", "never")
    yield "summary", run(wiretale, "read", *common, "-v", capture)
    run(wiretale, "read", *common, "--steps", "all", *(x for kind, path in files.items() for x in (f"--{kind}", path)), capture)
    for kind, path in files.items():
        yield kind, pathlib.Path(path).read_bytes()
    for line in pathlib.Path(files["jsonl"]).read_text().split("\n")[:-1]:
        event = json.loads(line)["event"]
        if event["dataset"] == "wiretale.session":
            yield f"show {event['id']}", run(wiretale, "show", *common, capture, event["id"])


def main():
    wiretale, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    capture = str(folder / "places.pcap")
    net = Net()
    build(net)
    net.write(capture)
    bad = 0
    for level, kinds in (("envelope", ("secret", "canary")), ("none", ("secret",))):
        for what, output in outputs(wiretale, capture, folder, level):
            found = list(leaks(output, kinds))
            for one in found:
                at = re.search(re.escape(one.encode()), output, re.I)
                print(f"{level}: {what} tells {one}: {output[max(0, at.start() - 120):at.end() + 40]!r}" if at
                      else f"{level}: {what} tells {one} in base64")
            bad += len(found)
    shown = (folder / "none.jsonl").read_bytes()
    if sum(one.encode() in shown for one in words if one.startswith("canary")) < 20:
        sys.exit("the names are missing at --redact none too: this test proves nothing")
    print(f"{len(words)} words, {bad} leaks")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
