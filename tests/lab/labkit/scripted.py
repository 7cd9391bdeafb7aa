"""Servers that are played: a conversation is a function of the scenario."""
import socket
import threading

from . import net
from .servers import NAME, Server, tally


class Peer:
    """One connection of a scripted party: bytes in, bytes out, and what went wrong is what the scenario wants."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""
        self.port = sock.getpeername()[1]
        self.me = sock.getsockname()

    def send(self, *lines):
        data = b"".join(x if isinstance(x, bytes) else x.encode() + b"\r\n" for x in lines)
        self.sock.sendall(data)

    def line(self, timeout=30):
        """The next line, or None at the end of the stream or after the timeout."""
        self.sock.settimeout(timeout)
        while b"\n" not in self.buffer:
            try:
                more = self.sock.recv(65536)
            except OSError:
                return None
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def reply(self, timeout=30):
        """A whole reply; its last line."""
        line = self.line(timeout)
        while line is not None and line[3:4] == "-":
            line = self.line(timeout)
        return line

    def ask(self, *lines, timeout=30):
        self.send(*lines)
        return self.reply(timeout)

    def content(self, timeout=30):
        """Reads lines to the final dot; says whether it came."""
        while (line := self.line(timeout)) is not None:
            if line == ".":
                return True
        return False

    def fin(self):
        self.sock.shutdown(socket.SHUT_WR)

    def drain(self, timeout=10):
        while self.line(timeout) is not None:
            pass

    def rst(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()


class Scripted(Server):
    """A server whose conversation is a function of the scenario: answer(peer) runs for every connection.
    Its log is what answer() returns or notes: peer.accepted, peer.refused and peer.deferred."""

    def __init__(self, answer, address=net.SERVER, port=25, backlog=16):
        self.root, self.address, self.notes, self.answer = None, address, tally(), answer
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with net.host("server"):
            self.socket = socket.create_server((address, port), family=family, backlog=backlog)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                sock, who = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(sock, who), daemon=True).start()

    def _talk(self, sock, who):
        note = self.notes[f"{who[0]}:{who[1]}"]
        peer = Peer(sock)
        peer.note = note
        try:
            self.answer(peer)
        except OSError:
            pass
        peer.close()

    def log(self):
        return "\n".join(f"{client} {counts}" for client, counts in self.notes.items())

    def outcomes(self):
        return self.notes


def obliging(peer, extensions=("PIPELINING", "SIZE 10240000", "8BITMIME"), override=None, greeting="220 mail.partner.example ESMTP", name=NAME):
    """A polite scripted server. override(peer, verb, line) may answer itself and return True ("done") or "end"."""
    if greeting:
        peer.send(greeting)
    while (line := peer.line(120)) is not None:
        verb = line[:4].upper()
        done = override(peer, verb, line) if override else None
        if done == "end":
            return
        if done:
            continue
        if verb == "EHLO":
            lines = [name, *extensions]
            peer.send(*[f"250{'-' if i < len(lines) - 1 else ' '}{text}" for i, text in enumerate(lines)])
        elif verb == "DATA":
            peer.send("354 End data with <CR><LF>.<CR><LF>")
            if not peer.content(120):
                return
            if override and (done := override(peer, "DOT", line)):
                if done == "end":
                    return
                continue
            peer.note["accepted"] += 1
            peer.send("250 2.0.0 Ok: queued as 4LAB")
        elif verb == "QUIT":
            peer.send("221 2.0.0 Bye")
            peer.fin()
            peer.drain(2)
            return
        else:
            peer.send("250 2.0.0 Ok")
