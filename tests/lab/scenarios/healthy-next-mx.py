"""A Postfix client with three servers to choose from, in order: the first refuses the connection (nobody listens), the second says 421 in its greeting, the third takes the mail, which loses nothing. Postfix's next mail the same."""
from labkit.scenario import *


def play(lab):
    lab.scripted(lambda p: (p.send("421 4.3.2 mx2.partner.example Service not available, closing transmission channel"), p.fin(), p.drain(5)), address="198.51.100.26")
    mx = lab.postfix()
    lab.mta("postfix", main="relayhost = [198.51.100.27], [198.51.100.26], [198.51.100.25]\n")
    for n in range(2):
        lab.inject()
        lab.wait_for("delivery", lambda: mx.log().count("status=sent") > n, 60)
    lab.sleep(1)


LOG = "what a scripted server says is no refusal of a log"
TRUTH = [session("nobody listens at the first", 0, "connect-refused", "server", server_log=False),
         session("421 at the second", 0, "service-shutdown server-not-accepting server-overloaded greeting-rejected", "server", server_log=False, forbid="server-closed-mid-session too-many-connections blocklisted"),
         session("delivered at the third", 1, forbid="duplicate-delivery")] * 2
PROOF = [packets("smtp.response.code==421", 2), packets("tcp.flags.reset==1 && ip.src==198.51.100.27", 2), log("status=sent", 2)]
