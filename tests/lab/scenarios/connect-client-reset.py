"""A raw SYN from a program that keeps no socket: the client's kernel answers the SYN-ACK with a reset, as a port scanner's does."""
from labkit.scenario import *


def play(lab):
    import socket, struct
    lab.postfix()
    with lab.host("client"):
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        source, target = socket.inet_aton(CLIENT), socket.inet_aton(SERVER)
        tcp = struct.pack("!HHIIBBHHH", 43210, 25, 1000, 0, 5 << 4, 2, 64240, 0, 0)
        data = source + target + struct.pack("!BBH", 0, 6, len(tcp)) + tcp
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        raw.sendto(tcp[:16] + struct.pack("!H", ~total & 0xFFFF) + tcp[18:], (SERVER, 0))
    lab.sleep(2)


TRUTH = [session("RST to the SYN-ACK", accepted=0, also="connect-client-rst-synack", forbid="connect-refused tcp-reset-by-client-connect", server_log=False)]
HEALTHY = True
PROOF = [packets("tcp.flags==0x004 && ip.src==192.0.2.10"), packets("tcp.flags==0x012")]
