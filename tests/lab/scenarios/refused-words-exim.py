"""What Exim itself refuses with, one connection each."""
from labkit.scenario import *

LOG = "words of several ACLs"


def play(lab):
    lab.exim("smtp_accept_max_nonmail = 3\nsmtp_max_unknown_commands = 2\nmessage_size_limit = 2K\ncheck_spool_space = 0\nrecipients_max = 3\nrecipients_max_reject = true\n",
             mail="defer senders = grey@client.example\n     message = greylisted - try again later",
             rcpt="deny local_parts = nobody\n     message = Unrouteable address\ndeny local_parts = frozen\n     message = mailbox is locked by the administrator\n"
                  "defer local_parts = later\ndeny local_parts = listed\n     message = rejected because $sender_host_address is in a black list at bl.spamcop.net\n"
                  "drop local_parts = dropme\n     message = go away\ndefer local_parts = callout\n     message = Could not complete recipient verify callout",
             data="deny condition = ${if match{$h_subject:}{virus}}\n     message = This message contains a virus (Eicar-Test-Signature).\n"
                  "deny condition = ${if match{$h_subject:}{spam}}\n     message = This message scored 9.1 spam points.\n"
                  "defer condition = ${if match{$h_subject:}{scan}}\n     message = 451 temporarily unable to scan message")
    for rcpt in ("nobody", "frozen", "later", "listed", "dropme", "callout"):
        lab.deliver(rcpt=[f"{rcpt}@partner.example"])
    lab.deliver(sender="grey@client.example")
    for subject in ("virus", "spam", "scan"):
        lab.deliver(message=lab.message(subject=subject))
    lab.deliver(size=9000)
    lab.deliver(rcpt=[f"u{n}@partner.example" for n in range(5)])
    lab.deliver(rcpt=["bob@other.example"])
    lab.talk("EHLO client.example", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", "NOOP", end="fin")
    lab.talk("EHLO client.example", "FOO", "BAR", "BAZ", "QUX", end="fin")


TRUTH = [session("unrouteable", 0, "user-unknown address-rejected", "client", server_log=False), session("locked", 0, "mailbox-disabled", "client server", server_log=False),
         session("temporary local problem / defer", 0, "server-local-error transient-reject-unclassified", "server unknown", server_log=False),
         session("blacklist", 0, "blocklisted", "client", server_log=False), session("drop", 0, "permanent-reject-unclassified policy-reject address-rejected", "unknown policy client", server_log=False, forbid="server-closed-mid-session"),
         session("callout failing", 0, "recipient-verify-deferred", "server", server_log=False),
         session("greylisted", 0, "greylisted", "policy", server_log=False), session("virus", 0, "virus-detected", "client", server_log=False),
         session("spam", 0, "spam-content", "client", server_log=False), session("scan", 0, "server-local-error content-error server-misconfigured server-overloaded", "server", server_log=False),
         session("too large", 0, "message-too-large size-exceeds-advertised", "client", server_log=False), session("too many recipients", 0, "too-many-recipients", "policy client", server_log=False),
         session("relay", 0, "relay-denied", "client", server_log=False), session("too many nonmail", 0, also="too-many-errors", forbid="tcp-reset-by-server-mail", server_log=False),
         session("too many unknown commands", 0, "too-many-errors command-unrecognized", "client", server_log=False, forbid="server-closed-mid-session")]
PROOF = [packets("smtp.response.code >= 421", 14)]
