"""The recording began after the EHLO of a healthy session of smtplib with Exim."""
from labkit.scenario import *

RECORD = False
LOG = "the beginning is not in the recording"


def play(lab):
    lab.exim(mail="warn delay = 3s")
    lab.record("whole")
    lab.at_once(lab.deliver, lambda: (lab.sleep(1.5), lab.record("client")))


TRUTH = [session("delivered; its beginning was not recorded", accepted=1, also="capture-midstream",
                 forbid="bad-sequence-client reply-unsolicited reply-count-mismatch")]
PROOF = [none("tcp.flags.syn==1"), log(" <= ")]
