"""A client closes its direction (FIN) behind the final dot, without QUIT, and reads on: the 250 comes after its FIN (Postfix takes 3 s). A second sends QUIT behind the dot and closes its direction at once. A third sends all commands of a group at once."""
from labkit.scenario import *


def play(lab):
    lab.postfix("smtpd_end_of_data_restrictions=sleep 3")
    for last in ([], ["QUIT"]):
        client = lab.connect()
        client.reply()
        for line in ("EHLO client.example", "MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "DATA"):
            client.ask(line)
        client.send("Subject: x", "", "text", ".", *last)
        client.fin(), client.drain(), client.close()
    client = lab.connect()
    client.reply(), client.ask("EHLO client.example")
    client.send("MAIL FROM:<alice@client.example>", "RCPT TO:<bob@partner.example>", "RCPT TO:<carol@partner.example>", "DATA")
    for _ in range(4):
        client.reply()
    client.send("Subject: x", "", "text", ".", "QUIT"), client.reply(), client.reply(), client.fin(), client.drain(), client.close()


TRUTH = [session("accepted after the client's FIN", accepted=1, forbid="client-abort-eod duplicate-delivery-risk data-aborted", times=2),
         session("delivered", accepted=1)]
PROOF = [log("status=sent", 3)]
