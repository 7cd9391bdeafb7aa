"""The provider drops port 25 outwards: five destinations never answer there; submission on 587 works."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    lab.postfix(services=("587 inet n - n - - smtpd",))
    lab.nft("router", "chain f { type filter hook forward priority 0; tcp dport 25 drop; }")
    lab.at_once(*[lambda n=n: (lab.sleep(n - 25), lab.deliver(f"198.51.100.{n}", timeout=12)) for n in range(25, 30)])
    lab.deliver(port=587)


TRUTH = [session("no SYN answered", accepted=0, primary="connect-timeout port25-egress-blocked", points_to="network policy", times=5),
         session("delivered by 587", accepted=1, allow="starttls-not-offered")]
EXPECT = ["port25-egress-blocked"]
PROOF = [none("tcp.srcport==25"), log("status=sent")]
