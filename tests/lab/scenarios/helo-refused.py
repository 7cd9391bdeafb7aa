"""Postfix refuses a HELO name that is no host name; a scripted client quits."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_helo_required=yes\nsmtpd_delay_reject=no\nsmtpd_helo_restrictions=reject_invalid_helo_hostname,reject_non_fqdn_helo_hostname")
    lab.talk("EHLO client_pc")


TRUTH = [session("refused at EHLO", accepted=0, primary="helo-rejected", points_to="client policy", forbid="command-unrecognized",
                 server_log=False)]
PROOF = [packets("smtp.response.code>=500"), log("Helo command rejected|Invalid name|invalid name")]
