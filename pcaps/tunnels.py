"""tunnels - deliveries inside tunnels, under rarer link types, and in IP fragments: read as if nothing were around them.

tests/tunnels/compare.py holds many more wrappings to plain Ethernet; here is one capture of each kind to look at.
"""
import craft_tunnels as wraps
from capfile import Packet, write_pcap, write_pcapng
from craft import ETHERNET, RAW, SLL, Net, frame
from forms import A, A6, ACCUSING, B, B6, HEALTHY, delivery
from scene import scene


class Arranged:
    """A capture whose packets are made of a Net's IP packets."""

    def __init__(self, net, linktype, arrange):
        self.net, self.linktype, self.arrange = net, linktype, arrange

    def write(self, path):
        packets = self.arrange(wraps.packets(self.net))
        if isinstance(self.linktype, tuple):
            write_pcapng(path, packets, self.linktype)
        else:
            write_pcap(path, packets, self.linktype)


def inside(file, how, name, size=2000):
    """A delivery over IPv4 and one over IPv6, in a wrapping or arrangement of craft_tunnels."""
    @scene(file, how, severity=HEALTHY)
    def build(true):
        net = Net(linktype=RAW)
        true(delivery(net.tcp(A, B), size), "delivered", 1, forbid=ACCUSING)
        true(delivery(net.tcp(A6, B6, at=1), size), "delivered", 1, forbid=ACCUSING)
        if name in wraps.ARRANGEMENTS:
            return Arranged(net, *wraps.ARRANGEMENTS[name])
        linktype, wrap = wraps.WRAPPINGS[name]
        return Arranged(net, linktype, lambda plain: [Packet(t, wrap(ip, o, n)) for n, (t, ip, o) in enumerate(plain)])


inside("link-ppp.pcap", "PPP in HDLC-like framing.", "ppp")
inside("link-pppoe.pcap", "PPPoE in a VLAN.", "pppoe-vlan")
inside("link-nflog.pcap", "Linux netfilter log.", "nflog")
inside("link-llc-snap.pcap", "IEEE 802.3 with LLC and SNAP.", "llc-snap")
inside("link-pseudowire.pcap", "Ethernet in MPLS with a control word.", "pseudowire")
inside("link-wlan.pcap", "IEEE 802.11 QoS data with radiotap, header padded.", "radiotap-padded")
inside("link-wlan-aggregates.pcap", "IEEE 802.11: up to three packets in one frame (A-MSDU).", "wlan-aggregates")
inside("tunnel-ipip.pcap", "IPv4 in IPv4, IPv6 in IPv4.", "ipip")
inside("tunnel-gre.pcap", "GRE over IPv6 with checksum, key and sequence number.", "gre-all-fields")
inside("tunnel-pptp.pcap", "PPTP: PPP in GRE version 1.", "pptp")
inside("tunnel-erspan.pcap", "ERSPAN III with the platform's header, as a switch mirrors to a far collector.", "erspan-3-platform")
inside("tunnel-vxlan.pcap", "VXLAN with a VLAN tag inside.", "vxlan-vlan")
inside("tunnel-geneve.pcap", "GENEVE with an option.", "geneve")
inside("tunnel-gtp.pcap", "GTP-U with an extension header.", "gtp-extensions")
inside("tunnel-tzsp.pcap", "TZSP: IEEE 802.11 frames as an access point mirrors them.", "tzsp-wlan")
inside("tunnel-deep.pcap", "Eight encapsulations, as many as are read.", "eight-deep", 200)
inside("fragments.pcap", "Every packet in fragments, out of order.", "fragments-shuffled", 600)
inside("fragments-doubled.pcap", "Fragments that a mirror port shows twice.", "fragments-doubled", 600)
inside("fragments-tunnel.pcap", "VXLAN whose own packets are in fragments.", "vxlan-in-fragments", 600)


@scene("tunnel-twins.pcapng", "Captured on all interfaces of a tunnel's end: each packet inside the tunnel and out of it.",
       severity=HEALTHY, expect=["capture-duplicates"])
def twins(true):
    net = Net(linktype=RAW)
    true(delivery(net.tcp(A, B), 2000), "delivered", 1, forbid=(*ACCUSING, "loss-heavy"))
    wrap = wraps.WRAPPINGS["vxlan"][1]

    def both(plain):
        for n, (t, ip, o) in enumerate(plain):
            yield Packet(t, wrap(ip, o, n), None, 0)
            yield Packet(t + 30000, frame(ip, SLL, o), None, 1)
    return Arranged(net, (ETHERNET, SLL), lambda plain: list(both(plain)))


@scene("fragments-conflict.pcap", "Two fragments of the RCPT disagree: the packet is discarded, neither version is told; the client's "
       "copy, sent again whole, counts.", severity=HEALTHY)
def conflict(true):
    net = Net(linktype=RAW)
    c = net.tcp(A, B).open().hello()
    c.talk("C MAIL FROM:<ann@example.org>\nS 250 ok")
    c.client("RCPT TO:<bob@example.com>", ack=False, lost=True)
    c.client("RCPT TO:<bob@example.com>", ack=False, dt=0.25, seq=c.next["client"] - 27)
    c.talk("S 250 ok\nC DATA\nS 354 go")
    c.client(b"Subject: x\r\n\r\nx\r\n.\r\n", ack=False)
    c.server("250 2.0.0 Ok: queued as FRAG1", ack=False)
    true(c.quit().close(), "delivered", 1, forbid=(*ACCUSING, "capture-gap"))

    def arrange(plain):
        out, done = [], False
        for n, (t, ip, o) in enumerate(plain):
            if b"RCPT" in ip and not done:
                done = True
                real = wraps.fragments(ip, 24, n)
                forged = wraps.fragments(ip.replace(b"bob@", b"eve@"), 24, n)
                out += wraps.spread(t, [wraps.plain_ether(f, o, n) for f in [forged[-1], *real[::-1]]])
            else:
                out.append(Packet(t, wraps.plain_ether(ip, o, n)))
        return out
    return Arranged(net, ETHERNET, arrange)
