"""Every line of a dialogue as the server's own log has it, and the same as wiretale tells it.

Postfix logs the lines it gets and sends for clients in debug_peer_list; Exim prints them with -d-all+receive. What is said in AUTH
is left out of the truth: it is a password, and the challenge to it.

A server's log is a list of "C: EHLO client.example" and "S: 250-mail.partner.example", in its order. Compared are the commands
with their arguments; and the replies, each with its code, its first line, its number of lines and what it answers.
"""
import re

POSTFIX = re.compile(r"smtpd\[\d+\]: ([<>]) \S+\[([^]]+)\]:(\d+): (.*)")
EXIM = re.compile(r" *(\d+) (?:SMTP(<<|>>) (.*)| {7}(\d{3}[ -].*))")
EXIM_CLIENT = re.compile(r" *(\d+) Process \d+ is handling incoming connection from \[([^]]+)\]:(\d+)")


def without_secret(line, before):
    """What is said in AUTH."""
    word = line[3:].split()
    if line.startswith("S: 334"):
        return "S: 334 "
    if line.startswith("C: ") and before and before[-1].startswith("S: 334"):
        return "C: *"
    return "C: " + " ".join(word[:2] + ["*"]) if word[:1] and word[0].upper() == "AUTH" and len(word) > 2 else line


def of_postfix(log):
    said = {}
    for way, address, port, line in POSTFIX.findall(log):
        lines = said.setdefault(f"{address}:{port}", [])
        lines.append(without_secret(f"{'C' if way == '<' else 'S'}: {line}", lines))
    return said


def of_exim(debug):
    said, clients = {}, {}
    for text in debug.splitlines():
        if m := EXIM_CLIENT.match(text):
            clients[m[1]] = f"{m[2]}:{m[3]}"
        elif (m := EXIM.match(text)) and m[1] in clients:
            line = m[3] if m[2] else m[4]
            if m[2] != "<<" and not re.match(r"\d{3}[ -]", line):
                continue  # what it does, not what it says
            lines = said.setdefault(clients[m[1]], [])
            lines.append(without_secret(f"{'C' if m[2] == '<<' else 'S'}: {line}", lines))
    return said


def of_log(lines):
    """(commands, replies) of a server's log."""
    commands, replies, waiting, reply = [], [], "greeting", []
    for line in lines:
        if line[0] == "C":
            word = line[3:].split()
            waiting = "auth" if line == "C: *" else word[0].upper() if word else ""
            commands += [line[3:].removesuffix(" *")] if line != "C: *" else []
            continue
        reply.append(line[3:])
        if len(line) < 7 or line[6] != "-":
            code = int(reply[0][:3])
            replies.append((waiting, code, reply[0][4:], len(reply)))
            waiting = "content" if code == 354 else waiting
            reply = []
    return commands, replies


def of_steps(steps):
    """The same as wiretale tells it, without redaction."""
    commands = [s["text"] for s in steps if s["kind"] == "command"]
    replies = [(s.get("to"), s.get("code"), s["text"], s["lines"]) for s in steps if s["kind"] == "reply"]
    return commands, replies


def in_clear(lines, steps):
    """Exim, whose client has closed, ends TLS and says a last 421 in clear: told as bytes that are no record."""
    last = [s for s in steps if s["kind"] == "opaque" and s["dir"] == "s"]
    return lines[:-1] if last and lines[-1].startswith("S: 421 ") and last[-1]["bytes"] == len(lines[-1][3:]) + 2 else lines


def faults(lines, steps):
    lines = in_clear(lines, steps)
    for what, wanted, told in zip(("commands", "replies"), of_log(lines), of_steps(steps)):
        for number, (want, have) in enumerate(zip(wanted, told), 1):
            if want != have:
                yield f"{what} {number}: {have} told, the server's log has {want}"
                break
        else:
            if len(wanted) != len(told):
                yield f"{len(told)} {what} told, the server's log has {len(wanted)}"
