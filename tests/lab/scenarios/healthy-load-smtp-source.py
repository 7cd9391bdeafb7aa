"""A load test with Postfix's own tools: smtp-source to smtp-sink, 8 connections at once, 24 mails with the same content and recipient, then 12 over one connection each three mails; a sink that takes 6 s for the dot and one that greets after 4 s besides."""
from labkit.scenario import *
from labkit.servers import Root, listening


def sink(lab, address, *args):
    root = Root(lab.work, lab.unique("sink"), ["postfix"], "server")
    root.start("/usr/sbin/smtp-sink", *args, "-u", "root", f"{address}:25", "256")
    lab.sleep(0.7)
    return root


def play(lab):
    for address, args in (("198.51.100.25", ()), ("198.51.100.26", ("-W", ".:6")), ("198.51.100.27", ("-W", "connect:4"))):
        sink(lab, address, *args)
    client = Root(lab.work, lab.unique("source"), ["postfix"], "client")
    source = ("/usr/sbin/smtp-source", "-f", "alice@client.example", "-t", "bob@partner.example", "-l", "900")
    lab.run_client(*source, "-s", "8", "-m", "24", "198.51.100.25:25", root=client)
    lab.run_client(*source, "-s", "4", "-m", "12", "-d", "198.51.100.25:25", root=client)
    lab.run_client(*source, "-s", "2", "-m", "2", "198.51.100.26:25", root=client)
    lab.run_client(*source, "-s", "2", "-m", "2", "198.51.100.27:25", root=client)


LOG = "a sink keeps none"
ONE = session("delivered", 1, forbid="duplicate-delivery retry-storm", server_log=False)
TRUTH = [ONE] * 24 + [session("three mails", 3, server_log=False)] * 4 + [ONE] * 4
PROOF = [packets("smtp.req.command==QUIT", 30)]
