"""A middlebox eats things: the reply to RCPT (the client waits 15 s), PIPELINING out of the EHLO reply (harmless), the 250 behind the dot."""
from labkit.scenario import *


def play(lab):
    import re
    lab.postfix(address="198.51.100.26")
    mode = {"eat": None}

    def change(data, side):
        if side == "server" and mode["eat"] and mode["eat"] in data:
            return b""
        return data
    lab.middlebox(change)
    lab.deliver()
    mode["eat"] = b"2.1.5 Ok"
    lab.deliver(timeout=15)
    mode["eat"] = b"queued as"
    lab.deliver(timeout=15)


LOG = "the log names the middlebox"
TRUTH = [session("delivered", 1, server_log=False), session("the reply to RCPT is eaten", 0, "rcpt-timeout", "server middlebox unknown", server_log=False),
         session("the reply to the dot is eaten", 0, "data-final-timeout duplicate-delivery-risk", "server client middlebox", also="duplicate-delivery-risk", server_log=False)]
PROOF = [packets("tcp.time_delta > 12", 1)]
