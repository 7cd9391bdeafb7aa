"""What Postfix itself refuses with, one connection each: names in HELO, senders without domain, unverified, spoofed, too many recipients at once for a bounce, headers, hops, a milter and a policy server that are not there, DNS that is not there, TLS required."""
from labkit.scenario import *

LOG = "several restrictions log in their own words"


def play(lab):
    services = []
    options = [
        "smtpd_helo_restrictions=reject_non_fqdn_helo_hostname",
        "smtpd_helo_restrictions=reject_invalid_helo_hostname",
        "smtpd_sender_restrictions=reject_unknown_sender_domain",
        "smtpd_sender_restrictions=reject_non_fqdn_sender",
        "smtpd_data_restrictions=reject_multi_recipient_bounce",
        "cleanup_service_name=headers",
        "cleanup_service_name=hops",
        "smtpd_milters=inet:127.0.0.1:8899",
        "smtpd_recipient_restrictions=reject_unauth_destination,check_policy_service,inet:127.0.0.1:8898",
        "smtpd_tls_security_level=encrypt",
        "smtpd_client_restrictions=check_client_access,static:reject",
        "smtpd_sender_restrictions=check_sender_access,static:reject",
        "smtpd_recipient_restrictions=check_recipient_access,static:defer",
        "smtpd_recipient_restrictions=check_recipient_access,hash:/etc/postfix/none",
        "smtpd_recipient_restrictions=reject_unknown_recipient_domain",
        "smtpd_recipient_limit=2",
        "message_size_limit=1000",
        "queue_minfree=999999999999",
    ]
    for n, option in enumerate(options):
        services.append(f"{2501 + n} inet n - n - - smtpd -o {option}")
    services += ["headers unix n - n - 0 cleanup -o header_checks=regexp:/etc/postfix/headers", "hops unix n - n - 0 cleanup -o hopcount_limit=1"]
    mx = lab.postfix("smtpd_sasl_auth_enable=no\nsmtpd_error_sleep_time=0\n", services=["25 inet n - n - - smtpd", *services])
    mx.root.write("/etc/postfix/headers", "/^Subject: bad/ REJECT no such subjects here\n")
    for n in range(len(options)):
        sender, rcpt = "alice@client.example", ["bob@partner.example"]
        more = {}
        if n == 3: sender = "alice"
        if n == 4: sender, rcpt = "", ["bob@partner.example", "carol@partner.example"]
        if n == 5: more["message"] = lab.message(subject="bad")
        if n == 6: more["message"] = lab.message(headers="Received: from a by b; x\r\nReceived: from a by b; x\r\nReceived: from a by b; x\r\n")
        if n == 15: rcpt = [f"u{k}@partner.example" for k in range(3)]
        if n == 16: more["size"] = 5000
        lab.deliver(port=2501 + n, sender=sender, rcpt=rcpt, hello={0: "x", 1: "a..b!"}.get(n, "client.example"), **more)


W = [("helo not FQDN", "helo-rejected helo-argument-invalid", "client"), ("helo invalid", "helo-rejected helo-argument-invalid", "client"),
     ("sender domain unknown", "sender-domain-invalid server-dns-failure", "client server"), ("sender not FQDN", "sender-syntax-invalid sender-domain-invalid", "client"),
     
     ("bounce to several", "too-many-recipients policy-reject null-sender-rejected message-malformed-5322 protocol-error-reported content-blocked recipient-restricted", "client policy server unknown"),
     ("header check", "policy-reject content-blocked spam-content", "client policy"), ("hops", "routing-loop", "client server unknown"),
     ("milter away", "server-misconfigured server-local-error server-overloaded server-not-accepting", "server"),
     ("policy server away", "server-misconfigured server-local-error", "server"),
     ("TLS required", "starttls-required tls-required-by-policy", "client server policy"),
     ("client access", "policy-reject reputation-block ip-blocked address-rejected recipient-admin-block", "client policy server"),
     ("sender access", "policy-reject address-rejected spoofing-policy sender-account-suspended recipient-restricted recipient-admin-block", "client policy server"),
     ("deferred by access table", "transient-reject-unclassified policy-reject address-rejected recipient-restricted greylisted recipient-admin-block", "unknown policy server client"),
     ("table missing", "server-misconfigured server-local-error", "server"),
     ("recipient domain", "domain-not-found-recipient server-dns-failure", "client server"),
     ("third recipient refused", "", ""),
     ("too large", "message-too-large size-exceeds-advertised", "client"),
     ("queue full", "server-disk-full", "server")]
TRUTH = [session(w, primary=p, points_to=t, allow="too-many-recipients" if not p else "", server_log=False) for w, p, t in W]
PROOF = [log("reject: |milter|header Subject", 12)]
