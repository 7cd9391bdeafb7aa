"""postscreen: a client on its denylist (enforce: 550 at RCPT); an HTTP client; a client that pipelines behind HELO; a bare newline."""
from labkit.scenario import *


def play(lab):
    mx = lab.postfix("postscreen_greet_wait=1s\npostscreen_greet_action=enforce\npostscreen_access_list=cidr:/etc/postfix/access\npostscreen_denylist_action=enforce\npostscreen_pipelining_enable=yes\npostscreen_pipelining_action=enforce\n"
                     "postscreen_non_smtp_command_enable=yes\npostscreen_bare_newline_enable=yes\npostscreen_bare_newline_action=enforce\npostscreen_cache_map=btree:/var/lib/postfix/postscreen_cache\n",
                     services=("25 inet n - n - 1 postscreen", "smtpd pass - - n - - smtpd", "dnsblog unix - - n - 0 dnsblog",
                               "tlsproxy unix - - n - 0 tlsproxy"))
    mx.root.write("/etc/postfix/access", "192.0.2.11/32 reject\n")
    mx.root.run("/usr/sbin/postfix", "reload")
    lab.sleep(2)
    lab.deliver(source="192.0.2.11")
    lab.talk(None, b"GET / HTTP/1.1\r\nHost: mail\r\n\r\n", source="192.0.2.12", end="")
    lab.talk(None, b"HELO client.example\r\nMAIL FROM:<alice@client.example>\r\nRCPT TO:<bob@partner.example>\r\n", None, None, None, source="192.0.2.13")
    lab.talk(None, b"EHLO client.example\n", None, b"MAIL FROM:<alice@client.example>\n", None, b"RCPT TO:<bob@partner.example>\n", None, source="192.0.2.14")


TRUTH = [session("denylisted", 0, "postscreen-denylisted", "policy client", server_log=False), session("HTTP", 0, also="non-smtp-client", server_log=False),
         session("pipelined behind HELO", 0, "pipelining-rejected pipelining-not-offered early-talker-rejected pipelining-group-violation", "client", server_log=False, forbid="early-talker"),
         session("bare newlines", 0, "bare-lf-rejected bare-lf-command early-talker-rejected", "client", server_log=False, forbid="early-talker")]
PROOF = [packets("smtp.response.code==550 || smtp.response.code==521", 3)]
