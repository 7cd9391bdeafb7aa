"""Exim is killed (SIGKILL) while it works after the final dot, the content fully read: FIN without a reply."""
from labkit.scenario import *


def play(lab):
    mx = lab.exim(data="warn delay = 60s")
    lab.at_once(lab.deliver, lambda: (lab.seen(b"354 "), lab.sleep(2), mx.kill("exim4")))


TRUTH = [session("FIN after the final dot, no reply", accepted=0, primary="duplicate-delivery-risk server-closed-mid-session",
                 points_to="server", also="duplicate-delivery-risk", forbid="data-aborted data-final-timeout")]
PROOF = [packets("smtp.eom"), packets("tcp.flags.fin==1 && ip.src==198.51.100.25")]
