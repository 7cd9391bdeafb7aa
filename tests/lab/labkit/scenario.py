"""The vocabulary of a scenario file: what is true of each session, and how the fault is proved without wiretale.

A scenario is a Python file:

    '''How it was made, in a sentence: the first words of its truth.'''
    from labkit.scenario import *

    def play(lab): ...              starts, breaks, runs
    TRUTH = [session(...), ...]     one for each connection, in the order of their first packets
    PROOF = [packets(...), log(...)]

    optional: AT {"server": seen([session(...), ...], [packets(...)])} the truth of the same run as another vantage shows it:
    what cannot be known there must not be said there. VANTAGE "client" | "server" | "router" (several: "client server"; those of AT besides), TLS the certificate of the servers
    ("good", "selfsigned", "expired", "future", "othername"), OFFLOAD True, FILTER a capture filter, SNAP a snap length,
    KEYS True when smtplib, curl and s_client log their TLS secrets: kept as NAME.keys, given to wiretale, and what is
    inside TLS is compared with the server's log as if it were in clear;
    RECORD False when play() records by itself, EXPECT rules told anywhere in the capture, LIMITS options for wiretale,
    HEALTHY True when nothing of warning or worse may be told although a session has findings, LOG the reason why the
    server's log cannot be compared.
"""
import re
import ssl
import subprocess

from .net import CLIENT, CLIENT6, SERVER, SERVER6  # noqa: F401
from .scripted import obliging  # noqa: F401

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def words(value):
    return value.split() if isinstance(value, str) else list(value)


def session(what, accepted=None, primary="", points_to="", also="", forbid="", allow="", times=1, server_log=True):
    """accepted: messages the server's log must show and wiretale must count; None where a capture cannot tell.
    server_log: False where the log is not to be compared session by session (the reason is the scenario's LOG)."""
    truth = {"outcome_truth": what, "expect_primary": words(primary), "expect_also": words(also), "forbid": words(forbid),
             "points_to": words(points_to), "messages_accepted": accepted}
    if allow:
        truth["allow"] = words(allow)
    return {"truth": truth, "times": times, "compare": server_log}


def seen(truth, proof=(), how="", **more):
    """The truth at another vantage; how: what is seen there; more: LOG, EXPECT, HEALTHY as in a scenario."""
    return {"TRUTH": truth, "PROOF": list(proof), "how": how, **more}


class Packets:
    def __init__(self, expression, least=1, most=None):
        self.expression, self.least, self.most = expression, least, most

    def faults(self, capture, logs):
        done = subprocess.run(["tshark", "-r", str(capture), "-o", "tcp.relative_sequence_numbers:true", "-Y", self.expression, "-T", "fields", "-e",
                               "frame.number"], capture_output=True, text=True)
        if done.returncode != 0:
            yield f"tshark: {done.stderr.strip()[-200:]}"
            return
        count = len(done.stdout.split())
        if count < self.least or (self.most is not None and count > self.most):
            yield f"tshark counts {count} packets of: {self.expression}"

    def __str__(self):
        return f"packets: {self.expression}"


class Log:
    def __init__(self, expression, least=1, most=None):
        self.expression, self.least, self.most = expression, least, most

    def faults(self, capture, logs):
        count = len(re.findall(self.expression, "\n".join(logs.values())))
        if count < self.least or (self.most is not None and count > self.most):
            yield f"the servers' logs have {count} of: {self.expression}"

    def __str__(self):
        return f"server log: {self.expression}"


def packets(expression, least=1, most=None):
    """tshark must find that many packets (most: at most)."""
    return Packets(expression, least, most)


def none(expression):
    return Packets(expression, 0, 0)


def log(expression, least=1, most=None):
    return Log(expression, least, most)
