"""A healthy delivery; the packet with the server's 250 to the final dot was taken out of the recording (editcap), QUIT and 221 are there."""
from labkit.scenario import *

RECORD = False


def play(lab):
    import subprocess
    lab.postfix()
    path = lab.record("whole")
    lab.deliver()
    lab.stop_recording()
    done = subprocess.run(["tshark", "-r", path, "-Y", "smtp contains \"queued as\"", "-T", "fields", "-e", "frame.number"], capture_output=True, text=True, check=True)
    subprocess.run(["editcap", "-F", "pcap", path, path.with_name("client.pcap"), *done.stdout.split()], check=True)


TRUTH = [session("delivered; the reply is missing from the capture", accepted=None, also="capture-gap", allow="capture-gap",
                 forbid="data-final-timeout duplicate-delivery-risk client-abort-eod")]
PROOF = [none("smtp contains \"queued as\""), log("status=sent")]
