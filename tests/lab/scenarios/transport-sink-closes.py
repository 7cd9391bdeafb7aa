"""smtp-sink closes without a word in each phase: at EHLO, MAIL, RCPT, DATA, after the dot; one that says 421 to RCPT and closes; swaks is the client."""
from labkit.scenario import *
from labkit.servers import Root

PHASES = ["ehlo", "mail", "rcpt", "data", "."]


def play(lab):
    for n, phase in enumerate(PHASES):
        root = Root(lab.work, lab.unique("sink"), ["postfix"], "server")
        root.start("/usr/sbin/smtp-sink", "-u", "root", "-q", phase, f"198.51.100.25:{2500 + n}", "16")
    root = Root(lab.work, lab.unique("sink"), ["postfix"], "server")
    root.start("/usr/sbin/smtp-sink", "-u", "root", "-Q", "rcpt", "198.51.100.25:25", "16")
    lab.sleep(1)
    with_nat = "; ".join(f"ip saddr 192.0.2.{11 + n} tcp dport 25 redirect to :{2500 + n}" for n in range(len(PHASES)))
    lab.nft("server", f"chain p {{ type nat hook prerouting priority dstnat; {with_nat}; }}")
    for n in range(len(PHASES)):
        lab.swaks("--local-interface", f"192.0.2.{11 + n}")
    lab.swaks()


LOG = "a sink keeps none"
F = "tcp-reset-injected client-abort-ehlo client-abort-mail client-abort-rcpt client-timeout-too-short"
TRUTH = [session(f"closed at {p}", 0, "server-closed-mid-session duplicate-delivery-risk" if p == "." else "server-closed-mid-session", "server", forbid=F, server_log=False,
                 also="duplicate-delivery-risk" if p == "." else "") for p in PHASES] + [
    session("421 to RCPT", 0, "server-local-error service-shutdown server-not-accepting transient-reject-unclassified", "server", forbid=F + " server-closed-mid-session", server_log=False)]
PROOF = [packets("tcp.flags.fin==1 && ip.src==198.51.100.25", 6), packets("smtp.response.code==421")]
