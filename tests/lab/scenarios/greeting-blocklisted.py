"""Exim refuses clients at connect with a 554 that cites a blocklist and the client's address."""
from labkit.scenario import *


def play(lab):
    lab.exim(connect="drop message = 554 Service unavailable; Client host [$sender_host_address] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/$sender_host_address")
    lab.swaks()


TRUTH = [session("554 citing a blocklist", accepted=0, primary="blocklisted", points_to="client", also="greeting-rejected",
                 forbid="blocklist-ip-mismatch blocklist-query-error", server_log=False)]
PROOF = [packets("smtp.response.code==554 && smtp contains \"spamhaus\"")]
