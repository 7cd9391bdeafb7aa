"""A proxy speaks XCLIENT to Postfix (which greets again with 220 and wants EHLO again), XFORWARD before a second mail, PROXY v1 and v2 headers before a third and fourth."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_authorized_xclient_hosts=192.0.2.0/24\nsmtpd_authorized_xforward_hosts=192.0.2.0/24\n",
                services=("25 inet n - n - - smtpd", "2525 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy"))
    mail = ("MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA", b"Subject: x\r\n\r\ntext\r\n.\r\n", None)
    lab.talk("EHLO proxy.example", "XCLIENT NAME=host.example ADDR=203.0.113.9 PORT=4711", "EHLO host.example", *mail)
    lab.talk("EHLO proxy.example", "XFORWARD NAME=host.example ADDR=203.0.113.9", *mail)
    import struct
    v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([203, 0, 113, 9, 198, 51, 100, 25]) + struct.pack("!HH", 4711, 2525)
    for header in (b"PROXY TCP4 203.0.113.9 198.51.100.25 4711 2525\r\n", v2):
        lab.talk(header, None, "EHLO client.example", *mail, port=2525, greeting=False)


LOG = "the log names the client behind the proxy"
TRUTH = [session("delivered", accepted=1, times=4, server_log=False, forbid="proxy-protocol-expected proxy-protocol-unexpected early-talker reply-class-impossible")]
PROOF = [log("status=sent", 4), packets("smtp contains \"XCLIENT\"")]
