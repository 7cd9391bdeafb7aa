"""postscreen says its first line (220-) and is then stopped (SIGSTOP): the rest of the greeting never comes. swaks gives up after 30 s; a Postfix client (smtp_helo_timeout 40 s) too."""
from labkit.scenario import *

SECONDS = 200


def play(lab):
    mx = lab.postfix("postscreen_greet_action=enforce\npostscreen_upstream_proxy_protocol=",
                     services=("25 inet n - n - 1 postscreen", "smtpd pass - - n - - smtpd", "dnsblog unix - - n - 0 dnsblog",
                               "tlsproxy unix - - n - 0 tlsproxy"))
    lab.mta("postfix", main="smtp_helo_timeout=40s\n")

    def freeze():
        lab.sleep(3)
        mx.freeze("postscreen")
    lab.at_once(lambda: lab.swaks(timeout=30), lambda: (lab.sleep(1), lab.inject(), lab.sleep(45)), freeze)


LOG = "the server is stopped"
G = dict(accepted=0, primary="greeting-timeout", points_to="server", also="client-timeout-too-short", server_log=False,
         forbid="client-abort-greeting not-smtp early-talker greeting-malformed reply-multiline-inconsistent greeting-delay")
TRUTH = [session("half a greeting", **G)] * 2
PROOF = [packets("smtp contains \"220-\"", 2), none("smtp contains \"220 \"")]
