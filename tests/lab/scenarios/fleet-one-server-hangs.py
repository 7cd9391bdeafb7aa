"""Three servers, a message every 1.5 s to one after the other; after 30 s the one at .26 (scripted, like the others) no longer answers the final dot; clients give up after 10 s (their timer shortened)."""
from labkit.scenario import *

SECONDS = 240


def play(lab):
    import threading, time
    start = time.monotonic()

    def hang(p, verb, line):
        return verb == "DOT" and p.me[0] == "198.51.100.26" and time.monotonic() - start > 30 and (p.line(60), "end")[1]
    for number in (25, 26, 27):
        lab.scripted(lambda peer: obliging(peer, override=hang), address=f"198.51.100.{number}")
    threads = []
    for turn in range(48):
        lab.sleep(max(0, start + 1.5 * turn - time.monotonic()))
        threads.append(threading.Thread(target=lab.deliver, args=(f"198.51.100.{25 + turn % 3}",), kwargs={"timeout": 10}))
        threads[-1].start()
    for thread in threads:
        thread.join()


HUNG = dict(accepted=0, primary="data-final-timeout duplicate-delivery-risk", points_to="server client", also="duplicate-delivery-risk")
TRUTH = [session("the dot was not answered", **HUNG) if turn % 3 == 1 and turn >= 20 else session("delivered", accepted=1, forbid="data-final-timeout")
         for turn in range(48)]
EXPECT = [["fleet-destination-failing", "fleet-one-mx-bad", "fleet-one-backend-bad"]]
PROOF = [packets("smtp.eom", 48), packets("tcp.time_delta > 9 && ip.dst==198.51.100.26", 8)]
