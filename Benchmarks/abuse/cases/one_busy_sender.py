"""One user's device sends 10,000 messages of a call a second over four sockets, and opens a new one when the server doesn't read."""

import json

import client
import paced

PER_SECOND, AT_ONCE = 10_000, 50
SOCKETS = 4
# Messages, in the time that the attack lasts by default.
LEAST = 9 * PER_SECOND


def prepare(server):
    caller, callee = (client.sign_in(server.port, f"busy-{name}") for name in ("caller", "callee"))
    call = caller.must("POST", "/v1/calls", {"callee": "busy-callee"})["callId"]
    callee.must("POST", f"/v1/calls/{call}/accept", {})
    caller.close(), callee.close()
    return caller.token, call


def attack(server, prepared):
    token, call = prepared
    message = client.frame(json.dumps({"id": 1, "op": "addCandidates", "data": {
        "callId": call, "candidates": [{"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host"}]}}).encode())
    sockets = paced.Sockets(server.port, token, client.ATTACKER, SOCKETS, renews=True)
    name = f"{AT_ONCE} messages"
    for rate in paced.pace(PER_SECOND // AT_ONCE, lambda: sockets.send(message * AT_ONCE, name), sockets.wait):
        yield AT_ONCE * sockets.counts[name], f"{client.text(sockets.counts)}; {rate * AT_ONCE:,.0f} messages/s"
