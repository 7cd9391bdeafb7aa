#!/usr/bin/env python3
"""A mail server for tests: one scripted conversation per connection, and no mail is kept.

usage: smtp_server.py ADDRESS PORT      (prints "ready" once it listens; ends with its standard input)

Recipients whose address begins with "no" are rejected with 550 5.1.1; everything else is accepted.
"""
import socketserver
import sys
import threading


class Conversation(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def content(self):
        for line in self.rfile:
            if line == b".\r\n":
                break

    def answer(self, verb, line):
        if verb == "EHLO":
            self.say("250-mail.test\r\n250-PIPELINING\r\n250 SIZE 1000000")
        elif verb == "RCPT" and "<NO" in line.upper():
            self.say("550 5.1.1 no such user")
        elif verb == "DATA":
            self.say("354 go on")
            self.content()
            self.say("250 2.0.0 queued as 4TEST")
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
        else:
            self.say("250 2.0.0 ok")

    def handle(self):
        self.say("220 mail.test ESMTP")
        for raw in self.rfile:
            line = raw.decode("ascii", "replace").strip()
            verb = line[:4].upper()
            self.answer(verb, line)
            if verb == "QUIT":
                self.rfile.read()  # the client's FIN comes first: two that cross have no order
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server((sys.argv[1], int(sys.argv[2])), Conversation) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
