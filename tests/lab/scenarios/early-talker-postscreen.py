"""A scripted client talks after postscreen's 220- line (greet action enforce): 550 at RCPT."""
from labkit.scenario import *


def play(lab):
    lab.postfix("postscreen_greet_action=enforce",
                services=("25 inet n - n - 1 postscreen", "smtpd pass - - n - - smtpd", "dnsblog unix - - n - 0 dnsblog",
                          "tlsproxy unix - - n - 0 tlsproxy"))
    client = lab.connect()
    client.line()
    client.send("EHLO client.example")
    client.reply(), client.reply()
    client.ask("MAIL FROM:<alice@client.example>"), client.ask("RCPT TO:<bob@partner.example>"), client.ask("QUIT")
    client.fin(), client.drain()


TRUTH = [session("talked before the end of the greeting, refused at RCPT", accepted=0, primary="early-talker-rejected",
                 points_to="client", also="early-talker", forbid="user-unknown policy-reject", server_log=False)]
PROOF = [packets("smtp.response.code==550"), log("PREGREET")]
