"""Two users begin as many calls with each other as they may, and then try on."""

import client

# Attempts.
LEAST = 5000


def prepare(server):
    return [client.sign_in(server.port, f"calls-{name}") for name in ("caller", "callee")]


def attack(server, devices):
    caller, callee = devices
    calls, refused = 0, 0
    while True:
        status, answer = caller.ask("POST", "/v1/calls", {"callee": "calls-callee"})
        if status == 201:
            calls += 1
            callee.ask("POST", f"/v1/calls/{answer['callId']}/accept", {})
        else:
            refused += 1
        if (calls + refused) % 50 == 0:
            yield calls + refused, f"{calls} calls, {refused} refused"
