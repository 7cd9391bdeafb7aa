"""Holds a recording against its truth: the proof of the fault, the server's log, and what wiretale says."""
import gzip
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import types

HERE = pathlib.Path(__file__).resolve().parent.parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "truth"))
import run as truth_run  # noqa: E402  (the judge that ./check uses for every capture)
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import capfile  # noqa: E402
import segments  # noqa: E402

from . import dialogue  # noqa: E402


def load(path):
    spec = importlib.util.spec_from_file_location("scenario_" + path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def view(module, vantage):
    """The scenario as that vantage shows it."""
    own = getattr(module, "AT", {}).get(vantage)
    if own is None:
        return module
    own = dict(own)
    return types.SimpleNamespace(__doc__=f"{module.__doc__} At the {vantage}: {own.pop('how')}", **own)


def connections(capture):
    """(client, server) as ip:port, in the order of their first SYN; tunnelled ones by their inner addresses."""
    done = subprocess.run(["tshark", "-r", str(capture), "-Y", "tcp.flags.syn==1 && tcp.flags.ack==0 && !icmp && !icmpv6", "-T", "fields",
                           "-E", "occurrence=l", "-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.srcport", "-e", "ip.dst", "-e", "ipv6.dst",
                           "-e", "tcp.dstport", "-e", "tcp.seq_raw"], capture_output=True, text=True, check=True)
    seen, found = set(), []
    for line in done.stdout.splitlines():
        s4, s6, sport, d4, d6, dport, isn = line.split("\t")
        key = (s6 and f"[{s6}]" or s4) + f":{sport}", (d6 and f"[{d6}]" or d4) + f":{dport}"
        if (key, isn) not in seen:
            seen.add((key, isn))
            found.append(key)
    return found


def truth_of(module, name, vantage, pairs, outcomes, dialogues):
    """The truth record of one recording, its sessions bound to the connections; and what does not fit."""
    faults, sessions = [], [dict(s["truth"], _compare=s["compare"]) for s in module.TRUTH for _ in range(s["times"])]
    if len(sessions) != len(pairs):
        faults.append(f"{len(pairs)} connections recorded, {len(sessions)} in the truth")
    told = []
    for number, (truth, (client, server)) in enumerate(zip(sessions, pairs), 1):
        compare = truth.pop("_compare")
        record = {"client": client, "server": server, **truth}
        plain = client.replace("[", "").replace("]", "") if client.startswith("[") else client
        counts = outcomes.get(client) or outcomes.get(plain) or outcomes.get(f"#{number}")
        if not hasattr(module, "LOG") and compare:
            counts = counts or {"accepted": 0, "deferred": 0, "refused": 0}
            if truth["messages_accepted"] is not None and counts["accepted"] != truth["messages_accepted"]:
                faults.append(f"{client}: the server's log accepted {counts['accepted']}, the truth says {truth['messages_accepted']}")
            record["server_log"] = counts
        if client in dialogues:
            record["server_dialogue"] = dialogues[client]
        told.append(record)
    healthy = getattr(module, "HEALTHY", all(not s["expect_primary"] for s in told))
    record = {"file": f"{name}.pcap", "scenario": name, "how": " ".join(module.__doc__.split()), "vantage": vantage, "sessions": told,
              "max_severity_allowed": "notice" if healthy else None,
              "proof": [str(p) for p in getattr(module, "PROOF", [])]}
    if getattr(module, "KEYS", False):
        record["options"] = ["--keylog", f"HERE/{name}.keys"]
    if hasattr(module, "LOG"):
        record["log_not_compared"] = module.LOG
    if hasattr(module, "EXPECT"):
        record["expect_capture"] = module.EXPECT
    return record, faults


def log_faults(truth, record):
    """The server's log and wiretale, message by message of one session."""
    told = truth.get("server_log")
    smtp = record.get("smtp", {})
    opened = "tls" in record and record["tls"].get("decrypted")
    if not told or (smtp.get("tls", "none") != "none" and not opened) or smtp.get("outcome") == "encrypted" or truth["messages_accepted"] is None:
        return
    negative = {"4": 0, "5": 0}
    for step in record.get("steps", ()):
        if step.get("to") == "DATA" and sum(negative.values()):
            continue  # no server counts what it says to DATA once every recipient was refused
        if step["kind"] == "reply" and step.get("to") in ("MAIL", "RCPT", "DATA", "BDAT", "content") and str(step.get("code", ""))[:1] in negative:
            negative[str(step["code"])[0]] += 1
    for word, count in (("deferred", negative["4"]), ("refused", negative["5"])):
        if told[word] != count:
            yield f"{count} {word}, the server's log has {told[word]}"


def bent(path, folder):
    """The recording in other segments: (how, file)."""
    link, packets = capfile.read(path)
    for how, bend in segments.BENDS.items():
        other = pathlib.Path(folder) / "bent.pcap"
        capfile.write_pcap(other, bend(packets), link)
        yield how, other


def dialogue_faults(program, home, truth, options):
    """The dialogue line by line as the server logged it, and the same in other segments."""
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder) / "plain.pcap"
        data = (home / truth["file"]).read_bytes()
        plain.write_bytes(gzip.decompress(data) if truth["file"].endswith(".gz") else data)
        for how, path in (("as recorded", plain), *bent(plain, folder)):
            _, sessions, _ = truth_run.run(program, path, options)
            for wanted in truth["sessions"]:
                records = sessions.get(wanted["client"], ())
                if len(records) != 1:
                    yield f"{wanted['client']} {how}: {len(records)} sessions"
                elif "server_dialogue" not in wanted:
                    yield f"{wanted['client']}: the server's own lines are missing"
                else:
                    yield from (f"{wanted['client']} {how}: {fault}" for fault in dialogue.faults(wanted["server_dialogue"], records[0]["steps"]))


def wiretale_faults(program, home, truth):
    """What wiretale says against the truth: the rules of tests/truth/run.py, and the log."""
    yield from (f"{client}: {fault}" for client, fault in truth_run.capture_faults(program, home, truth))
    options = [o.replace("HERE/", f"{home}/") for o in truth.get("options", ())]
    if options:
        yield from dialogue_faults(program, home, truth, options)
    _, sessions, _ = truth_run.run(program, home / truth["file"], options)
    for wanted in truth["sessions"]:
        for record in sessions.get(wanted["client"], ())[:1]:
            if options and not record.get("tls", {}).get("decrypted"):
                yield f"{wanted['client']}: the key log does not open it"
            yield from (f"{wanted['client']}: {fault}" for fault in log_faults(wanted, record))


def save(truths, path):
    kept = {t["file"]: t for t in json.loads(path.read_text())} if path.exists() else {}
    kept.update({t["file"]: t for t in truths})
    path.write_text(json.dumps([kept[f] for f in sorted(kept)], indent=1) + "\n")
