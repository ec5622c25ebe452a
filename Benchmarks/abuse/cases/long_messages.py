"""One user's device sends messages of the maximum size over 56 sockets, 100 MB a second while the server reads them."""

import json

import client
import paced

PER_SECOND, SOCKETS = 400, 56
# Messages. The server pauses sockets whose messages it refuses.
LEAST = 500


def prepare(server):
    caller = client.sign_in(server.port, "long-caller")
    caller.close()
    return caller.token


def attack(server, token):
    # It is well-formed, and refused as late as can be.
    message = client.frame(json.dumps({"id": 1, "op": "invite", "data": {"callee": "nobody", "custom": "x" * 250_000}}).encode())
    sockets = paced.Sockets(server.port, token, client.ATTACKER, SOCKETS, renews=False)
    name = f"messages of {len(message) >> 10} KiB"
    for _ in paced.pace(PER_SECOND, lambda: sockets.send(message, name), sockets.wait):
        yield sockets.counts[name], client.text(sockets.counts)
