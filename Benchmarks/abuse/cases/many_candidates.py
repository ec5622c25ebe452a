"""Eight connections of one user read the first of 4,096 candidates all the time."""

import client

CONNECTIONS = 8
# Requests.
LEAST = 10_000
OPTIONS = ["--user-write-kilobytes", "1000000"]


def prepare(server):
    caller, callee = (client.sign_in(server.port, f"candidates-{name}") for name in ("caller", "callee"))
    call = caller.must("POST", "/v1/calls", {"callee": "candidates-callee"})["callId"]
    callee.must("POST", f"/v1/calls/{call}/accept", {})
    candidate = {"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host " + "x" * 100, "sdpMid": "0"}
    for _ in range(64):
        caller.must("POST", f"/v1/calls/{call}/candidates", {"candidates": [candidate] * 64})
    caller.close(), callee.close()
    return callee.token, call


def attack(server, prepared):
    token, call = prepared

    def reader():
        http = client.HTTP(server.port, token, client.ATTACKER)
        return lambda: http.status("GET", f"/v1/calls/{call}/candidates?limit=1")

    return client.repeat([reader() for _ in range(CONNECTIONS)])
