"""Exim refuses recipients in the words of other people's servers, one connection each; a last one is accepted."""
from labkit.scenario import *

LOG = "which of the two an Exim log line of a RCPT with a code of its own counts is not decidable"
WORDS = [("550 5.7.25 [192.0.2.10] The IP address sending this message does not have a PTR record setup", "reverse-dns-missing", "client"),
         ("550 5.7.23 The message was rejected because of Sender Policy Framework violation", "spf-fail", "client"),
         ("550 5.7.1 Unauthenticated email from client.example is not accepted due to domain's DMARC policy", "dmarc-reject", "client"),
         ("550 5.2.1 The email account that you tried to reach is disabled", "mailbox-disabled", "client"),
         ("550 5.1.8 <alice@client.example>: Sender address rejected: Domain not found", "sender-domain-invalid", "client"),
         ("550 5.1.1 The email account that you tried to reach does not exist", "user-unknown", "client"),
         ("552 5.2.2 The email account that you tried to reach is over quota", "mailbox-full", "server"),
         ("554 5.4.6 Too many hops", "routing-loop", "server client"),
         ("550 5.7.1 Service unavailable, Client host [192.0.2.10] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/lookup.lasso", "blocklisted", "client"),
         ("554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; Error: open resolver; https://www.spamhaus.org/returnc/pub/192.0.2.53", "blocklist-query-error", "server"),
         ("554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using dnsbl.sorbs.net", "blocklist-dead-list", "server"),
         ("556 5.1.10 Recipient address has null MX", "null-mx-recipient", "client"),
         ("550 5.7.27 Sender address has null MX", "null-mx-sender", "client"),
         ("530 5.7.0 Must issue a STARTTLS command first", "starttls-required tls-required-by-policy auth-requires-tls", "client server policy"),
         ("550 Sender verify failed", "sender-verify-failed", "client server"),
         ("450 4.3.1 Insufficient system storage", "server-disk-full", "server"),
         ("451 4.7.650 The mail server [192.0.2.10] has been temporarily rate limited due to IP reputation", "rate-limited reputation-block", "client policy"),
         ("450 4.1.1 <bob@partner.example>: Recipient address rejected: unverified address: Address verification in progress", "recipient-verify-deferred", "server")]


def play(lab):
    lab.exim(rcpt="\n".join(f"{'defer' if text[0] == '4' else 'deny'} local_parts = r{n}\n     message = {text}"
                            for n, (text, _, _) in enumerate(WORDS)))
    for n in range(len(WORDS)):
        lab.deliver(rcpt=[f"r{n}@partner.example"])
    lab.deliver()


TRUTH = [session(text, accepted=0, primary=rules, points_to=whom) for text, rules, whom in WORDS] + [session("delivered", accepted=1)]
PROOF = [packets("smtp.response.code >= 450 && smtp.response.code < 600", 18)]
