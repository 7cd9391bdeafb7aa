"""A healthy delivery recorded on a mirror port that shows every packet twice (the recording merged with itself)."""
from labkit.scenario import *

RECORD = False


def play(lab):
    import subprocess
    lab.postfix()
    path = lab.record("whole")
    lab.deliver(size=20_000)
    lab.stop_recording()
    subprocess.run(["mergecap", "-F", "pcap", "-w", path.with_name("client.pcap"), path, path], check=True)


TRUTH = [session("delivered", accepted=1, also="capture-duplicates", forbid="loss-heavy")]
PROOF = [packets("tcp.analysis.retransmission || tcp.analysis.duplicate_ack || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission || tcp.analysis.out_of_order || tcp.analysis.duplicate_ack_num || tcp.flags.syn==1", 4), log("status=sent")]
