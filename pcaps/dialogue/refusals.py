"""refusals - what a refusal means, one session for each meaning. The others of its group are its near misses."""
from scene import scene
from short import A, UNKNOWN, Stage, data, envelope, refuse

# rule, whom it points to, where, the reply
GROUPS = {
    "recipients": [
        ("user-unknown", "client", "rcpt", "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown in local recipient table"),
        ("mailbox-full", "server", "rcpt", "452 4.2.2 The mailbox of bob is over quota"),
        ("mailbox-disabled", "client", "rcpt", "550 5.2.1 Mailbox disabled for this recipient"),
        ("mailbox-moved", "client", "rcpt", "551 5.1.6 bob has another home now"),
        ("mailbox-owner-changed", "client", "rcpt", "550 5.7.17 bob is somebody else now"),
        ("mailbox-other", "server", "rcpt", "450 4.2.4 the list cannot be expanded"),
        ("mailbox-syntax-invalid", "client", "rcpt", "550 5.1.3 what is that supposed to be"),
        ("address-rejected", "client", "rcpt", "550 5.1.4 there are two of them"),
        ("domain-not-found-recipient", "client", "rcpt", "450 4.1.2 <bob@example.com>: Recipient address rejected: Domain not found"),
        ("null-mx-recipient", "client", "rcpt", "556 5.1.10 Recipient address has a null MX"),
        ("suppressed-address", "policy", "rcpt", "550 5.0.5 Not delivering to previously bounced address"),
        ("recipient-restricted", "policy", "rcpt", "550 5.7.134 Sender was not authenticated for mailbox"),
        ("list-restricted", "policy", "rcpt", "550 5.7.2 members only"),
        ("recipient-admin-block", "policy", "rcpt", "550 5.7.1 Blacklisted by recipient"),
        ("recipient-verify-deferred", "server", "rcpt", "450 4.1.1 <bob@example.com>: Recipient address rejected: unverified address: in progress"),
        ("recipient-rate-limited", "client", "rcpt", "450 4.2.1 The user you are trying to contact is receiving mail too quickly."),
        ("greylisted", "policy", "rcpt", "450 4.2.0 <bob@example.com>: Recipient address rejected: Greylisted, see example.net"),
        ("relay-denied", "client", "rcpt", "554 5.7.1 <bob@example.com>: Relay access denied"),
        ("too-many-recipients", "policy", "rcpt", "452 4.5.3 Error: too many recipients"),
    ],
    "senders": [
        ("sender-domain-invalid", "client", "mail", "450 4.1.8 <ann@example.org>: Sender address rejected: Domain not found"),
        ("sender-syntax-invalid", "client", "mail", "553 5.1.7 that is no address"),
        ("null-mx-sender", "client", "mail", "550 5.7.27 your domain takes no mail"),
        ("sender-verify-failed", "client", "rcpt", "550 Sender verify failed"),
        ("sender-not-owned", "client", "rcpt", "553 5.7.1 <ann@example.org>: Sender address rejected: not owned by user joe"),
        ("sender-not-verified", "client", "eod", "554 Message rejected: Email address is not verified."),
        ("sender-account-suspended", "client", "mail", "550 5.7.501 Access denied, spam abuse detected"),
        ("sending-quota-exceeded", "client", "mail", "550 5.4.5 Daily sending quota exceeded."),
        ("too-many-invalid-recipients", "client", "rcpt", "550 Too many invalid recipients"),
    ],
    "clients": [
        ("blocklisted", "client", "rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example.net"),
        ("blocklist-query-error", "server", "rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; 127.255.255.254"),
        ("blocklist-dead-list", "server", "rcpt", "554 5.7.1 Service unavailable; client [192.0.2.10] blocked using dnsbl.sorbs.net"),
        ("blocklisted-domain", "client", "eod", "554 5.7.1 message contains a URL listed by SURBL"),
        ("reputation-block", "client", "greeting", "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation."),
        ("dynamic-ip-block", "client", "rcpt", "550 We do not accept mail from dynamic IPs"),
        ("ipv6-not-accepted", "client", "rcpt", "550 5.7.510 Access denied, example.com does not accept email over IPv6"),
        ("reverse-dns-missing", "client", "rcpt", "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.10]"),
        ("geo-block", "policy", "rcpt", "554 5.7.1 rejected based on geographical location"),
        ("postscreen-denylisted", "policy", "rcpt", "550 5.3.2 Service currently unavailable"),
        ("rate-limited", "client", "mail", "450 4.7.1 Error: too much mail from 192.0.2.10"),
        ("too-many-connections", "client", "greeting", "421 4.7.0 mx.example.com Error: too many connections from 192.0.2.10"),
        ("too-many-errors", "client", "rcpt", "421 4.7.0 mx.example.com Error: too many errors"),
    ],
    "checks": [
        ("spf-fail", "client", "rcpt", "550 5.7.23 The message was rejected because of Sender Policy Framework violation"),
        ("spf-error", "client", "eod", "550 5.7.24 The SPF record of the sending domain has one or more suspicious entries."),
        ("dkim-fail", "client", "eod", "550 5.7.20 no signature passes"),
        ("dmarc-reject", "client", "eod", "550 5.7.1 Message rejected due to senders DMARC policy"),
        ("dmarc-alignment-fail", "client", "eod", "550 5.7.22 none of the author"),
        ("sender-unauthenticated", "client", "eod", "550 5.7.9 This mail has been blocked because the sender is unauthenticated."),
        ("arc-fail", "client", "eod", "550 5.7.29 the chain is broken"),
        ("tls-required-by-policy", "server", "rcpt", "550 5.7.30 only in private"),
        ("dane-failed", "server", "rcpt", "450 4.7.323 tlsa-invalid: The domain failed DANE validation."),
        ("spoofing-policy", "policy", "eod", "550 Rejected by header based Anti-Spoofing policy: x@example.com"),
        ("policy-reject", "policy", "rcpt", "550 5.7.1 that is not how we do it here"),
    ],
    "content": [
        ("spam-content", "client", "eod", "554 5.7.1 Message rejected as spam"),
        ("virus-detected", "client", "eod", "554 rejected due to virus"),
        ("content-blocked", "client", "eod", "552 5.7.0 Our system detected an illegal attachment on your message."),
        ("content-error", "client", "eod", "554 5.6.0 what a mess"),
        ("message-malformed-5322", "client", "eod", "550 5.7.1 Messages missing a valid Message-ID: header are not accepted."),
        ("header-too-large", "client", "eod", "552 5.3.4 The size of the header exceeds the limit per individual header size."),
        ("message-too-large", "client", "eod", "552 5.2.3 Message too large"),
        ("8bit-conversion-needed", "server", "eod", "554 5.6.3 the next one is deaf above 127"),
        ("bare-lf-rejected", "client", "eod", "550 5.5.2 mx.example.com Error: bare <LF> received"),
    ],
    "servers": [
        ("server-overloaded", "server", "greeting", "421 4.3.2 All server ports are busy"),
        ("server-disk-full", "server", "mail", "452 4.3.1 Insufficient system storage"),
        ("server-local-error", "server", "eod", "451 4.3.0 Error: queue file write error"),
        ("server-misconfigured", "server", "rcpt", "451 4.3.5 Server configuration problem"),
        ("server-dns-failure", "server", "rcpt", "451 4.4.3 nobody answers"),
        ("server-routing-error", "server", "rcpt", "550 5.4.4 no way leads there"),
        ("server-not-accepting", "server", "rcpt", "453 4.3.2 not today"),
        ("service-shutdown", "server", "rcpt", "421 mx.example.com closing"),
        ("downstream-unreachable", "server", "rcpt", "451 4.4.1 the other one does not answer"),
        ("routing-loop", "server", "eod", "554 5.4.6 Too many hops 26 (25 max)"),
        ("delivery-expired", "unknown", "rcpt", "550 5.4.7 too old"),
        ("protocol-error-reported", "client", "rcpt", "554 5.5.0 that is not how it is done"),
        ("messages-per-connection-limit", "policy", "mail", "421 too many messages in this connection"),
    ],
}


def one(stage, name, group, rule, party, phase, reply):
    c = refuse(stage, phase, reply)
    forbid = [r for r, *_ in group if r != rule] + list(UNKNOWN)
    if phase == "greeting":
        forbid.remove("server-not-accepting") if "server-not-accepting" in forbid else None
    bye = stage.end if reply.startswith("421") else stage.bye
    # A limit of a connection is nothing bad: only told.
    bye(c, f"{rule}: {reply}", 0, rule, rule, forbid, party if rule != "messages-per-connection-limit" else "policy")


def register(name, group):
    @scene(f"refused-{name}.pcap", f"What refusals about {name} mean: {len(group)} replies, each a near miss of the others.")
    def build(true):
        stage = Stage(true)
        for row in group:
            one(stage, name, group, *row)
        return stage.net


for NAME, GROUP in GROUPS.items():
    register(NAME, GROUP)


@scene("refused-otherwise.pcap", """Refusals that need more than their text: an address that is not the client's, relaying on the submission port, recipients
       sent again, refusals after delivered mail, replies nobody knows, a provider that words things its own way.""")
def otherwise(true):
    stage = Stage(true)

    c = refuse(stage, "rcpt", "554 5.7.1 Service unavailable; Client host [203.0.113.99] blocked using bl.example.net")
    stage.bye(c, "the listed address is another one", 0, "blocklist-ip-mismatch", ["blocklist-ip-mismatch", "blocklisted"], points="policy")
    c = refuse(stage, "rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example.net; 127.0.0.2")
    stage.bye(c, "the listed address is the client's", 0, "blocklisted", "blocklisted", "blocklist-ip-mismatch", "client")
    c = refuse(stage, "rcpt", "554 5.7.1 Service unavailable; Client host [203.0.113.99] blocked using bl.example.net", client="10.1.2.3")
    stage.bye(c, "a client behind NAT", 0, "blocklisted", "blocklisted", "blocklist-ip-mismatch")

    c = refuse(stage, "rcpt", "554 5.7.1 <bob@example.com>: Relay access denied", port=587)
    stage.bye(c, "no login on the submission port", 0, "auth-required", forbid=["relay-denied"], points="client")
    c = refuse(stage, "mail", "553 authentication is required by order of the postmaster")
    stage.bye(c, "a text of its own", 0, "auth-required", forbid=["sender-syntax-invalid"], points="client")

    c = stage.hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC RCPT TO:<carol@example.com>\n"
           "S 550 5.1.1 <carol@example.com>: User unknown")
    stage.bye(data(c), "one of two recipients refused", 1, "user-unknown", points="client", forbid=["no-valid-recipients"])
    c = stage.hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 250 ok\nC RCPT TO:<carol@example.com>\n"
           "S 452 4.5.3 Error: too many recipients")
    data(c).talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<carol@example.com>\nS 250 ok")
    stage.bye(data(c), "the second recipient was sent in another mail", 2, also="too-many-recipients")
    c = data(envelope(stage.hello()))
    c.talk("C MAIL FROM:<ann@example.org>\nS 421 too many messages in this connection")
    stage.end(c, "enough for one connection", 1, also="messages-per-connection-limit", forbid=["service-shutdown"], allow="messages-per-connection-limit")
    c = stage.hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok\nC RCPT TO:<bob@example.com>\nS 550 5.1.1 <bob@example.com>: User unknown\n"
           "C DATA\nS 554 5.5.1 Error: no valid recipients")
    stage.bye(c, "DATA all the same", 0, "user-unknown", ["user-unknown", "no-valid-recipients", "root-reply-ignored"],
              ["bad-sequence-disputed", "bad-sequence-503"])
    c = stage.hello()
    c.client("MAIL FROM:<ann@example.org>\nRCPT TO:<bob@example.com>\nDATA", ack=False)
    c.server("250 ok\n550 5.1.1 <bob@example.com>: User unknown\n554 5.5.1 Error: no valid recipients", ack=False)
    stage.bye(c, "all in one group", 0, "user-unknown", ["user-unknown", "no-valid-recipients"], ["root-reply-ignored", "bad-sequence-503"])

    for code, rule, party in (("450", "transient-reject-unclassified", "unknown"), ("550", "permanent-reject-unclassified", "unknown")):
        other = UNKNOWN[0] if rule == UNKNOWN[1] else UNKNOWN[1]
        stage.bye(refuse(stage, "rcpt", f"{code} so not"), "a text nobody knows", 0, rule, rule, [other, "user-unknown", "greylisted"], party)
    stage.bye(refuse(stage, "rcpt", "450 4.7.1 please try again later"), "that alone is no greylisting", 0, "policy-reject", forbid=["greylisted"])
    c = refuse(stage, "rcpt", "550-5.1.1 The email account that you tried to reach does\n550-5.1.1 not exist. Please try\n550 5.1.1 double-checking. a1-20020 - gsmtp")
    stage.bye(c, "over several lines", 0, "user-unknown", forbid=UNKNOWN)
    c = refuse(stage, "rcpt", "450 4.4.316 Connection refused [Message=Socket error code 10061]")
    stage.bye(c, "about another connection", 0, "downstream-unreachable", forbid=["connect-refused", "server-closed-mid-session"], points="server")
    c = refuse(stage, "helo", "550 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example.net")
    stage.bye(c, "EHLO refused with a reason", 0, "blocklisted", ["blocklisted", "helo-rejected"], ["command-unrecognized"])
    stage.bye(refuse(stage, "helo", "501 5.5.2 not with that name"), "EHLO refused without one", 0, "helo-rejected", forbid=["blocklisted", "syntax-error-args"])
    stage.bye(refuse(stage, "rcpt", "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname"), "EHLO refused at RCPT", 0,
              "helo-rejected", forbid=["syntax-error-args"], points="client")
    c = refuse(stage, "greeting", "554 mx.example.com ESMTP not accepting connections")
    stage.bye(c, "a greeting that says no more", 0, "greeting-rejected", forbid=["server-not-accepting", "policy-reject"])
    c = refuse(stage, "rcpt", "250 2.1.5 Ok")
    stage.bye(data(c), "nothing refused", 1, forbid=["user-unknown", "blocklisted", "greeting-rejected", "helo-rejected", *UNKNOWN])
    return stage.net


assert A
