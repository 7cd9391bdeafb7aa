"""Three hosts in network namespaces, joined by veth:  client -- router -- server.

The router is the namespace the laboratory itself runs in (`run` starts every scenario in new mount, process and
network namespaces, so nothing has to be cleaned up: it all ends with that process).

    client   192.0.2.10 .. .19          2001:db8:1::10
    router   192.0.2.1 / 198.51.100.1   2001:db8:1::1 / 2001:db8:2::1
    server   198.51.100.25 .. .29       2001:db8:2::25
"""
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
ETHTOOL_SET = {"rx": 0x15, "tx": 0x17, "sg": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}

CLIENT, SERVER = "192.0.2.10", "198.51.100.25"
CLIENT6, SERVER6 = "2001:db8:1::10", "2001:db8:2::25"
# where every run is recorded: host and interface; "router-any"
# is all of the router, what it forwards seen twice; "behind" is between a proxy on the server's address and its server
VANTAGES = {"client": ("client", "eth0"), "router": ("router", "to-server"), "server": ("server", "eth0"),
             "router-any": ("router", "any"), "behind": ("server", "lo")}
_handles = {}


def sh(command, **more):
    return subprocess.run(command, shell=True, check=True, capture_output=True, text=True, **more)


@contextlib.contextmanager
def host(name):
    """What this thread does inside, processes it starts included, happens on that host."""
    before = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    try:
        _enter(_handles[name])
        yield
    finally:
        _enter(before)
        os.close(before)


def _enter(handle):
    if LIBC.setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def offload(device, on, features=("tx", "sg", "tso", "gso", "gro")):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for feature in features:
            value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_SET[feature], int(on)))
            request = struct.pack("16sP8x", device.encode(), ctypes.addressof(value))
            with contextlib.suppress(OSError):
                fcntl.ioctl(s, SIOCETHTOOL, request)


# Names are known from here alone: no name server is asked, and none of this machine's names gets into a packet.
FILES = {
    "/etc/hosts": """127.0.0.1 localhost
192.0.2.10 client.example
198.51.100.25 mail.partner.example
2001:db8:1::10 client6.example
2001:db8:2::25 mail6.partner.example
""",
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n",
}


def build(work, offloading=False):
    for name, text in FILES.items():
        own = work / name.replace("/", "_")
        own.write_text(text)
        sh(f"mount --bind {own} $(readlink -f {name})")
    sh("mount -t tmpfs tmpfs /run/netns 2>/dev/null || { mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns; }")
    sh("hostname client.example; ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
       "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.default.accept_dad=0")
    _handles["router"] = os.open("/proc/self/ns/net", os.O_RDONLY)
    for name, v4, v6, mac in (("client", "192.0.2", "2001:db8:1", "0a"), ("server", "198.51.100", "2001:db8:2", "19")):
        sh(f"ip netns add {name}")
        _handles[name] = os.open(f"/run/netns/{name}", os.O_RDONLY)
        with host(name):
            sh("ip link set lo up; sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 "
               "net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.default.accept_ra=0")
        sh(f"ip link add to-{name} address 02:00:00:00:01:{mac} type veth peer name eth0 "
           f"address 02:00:00:00:02:{mac} netns {name}")
        sh(f"ip addr add {v4}.1/24 dev to-{name}; ip -6 addr add {v6}::1/64 dev to-{name} nodad; ip link set to-{name} up")
        offload(f"to-{name}", offloading)
        first, last = (10, 19) if name == "client" else (25, 29)
        with host(name):
            for number in range(first, last + 1):
                sh(f"ip addr add {v4}.{number}/24 dev eth0")
            sh(f"ip -6 addr add {v6}::{first}/64 dev eth0 nodad; ip link set eth0 up")
            sh(f"ip route add default via {v4}.1; ip -6 route add default via {v6}::1")
            offload("eth0", offloading)


def flush_connections():
    """Empties the router's conntrack table, as `conntrack -F` does: IPCTNL_MSG_CT_DELETE that names no connection."""
    message = struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, 0, 0, 0)  # header, then AF_UNSPEC, version 0
    with host("router"), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as s:  # NETLINK_NETFILTER
        s.send(message)
        error = struct.unpack_from("=i", s.recv(4096), 16)[0]
        if error:
            raise OSError(-error, "conntrack flush")


def nft(where, rules):
    """Loads rules; `rules` is nft syntax, in a table of their own that forget() removes."""
    with host(where):
        sh("nft -f -", input=f"table inet lab {{\n{rules}\n}}\n")


def forget(where):
    with host(where):
        sh("nft delete table inet lab")
