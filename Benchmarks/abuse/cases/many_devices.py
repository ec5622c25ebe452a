"""A user signs in on one device after the other, and on each invites another user."""

import client

LEAST = 300


def prepare(server):
    for name in ("devices", "devices-callee"):
        client.sign_in(server.port, name).close()


def attack(server, _):
    http = client.HTTP(server.port, source=client.ATTACKER)
    devices, calls = 0, 0
    while True:
        http.token = None
        status, answer = http.ask("POST", "/v1/sessions", {"userId": "devices", "password": client.PASSWORD})
        if status == 201:
            devices += 1
            http.token = answer["token"]
            calls += http.ask("POST", "/v1/calls", {"callee": "devices-callee"})[0] == 201
        yield devices, f"{devices} devices, {calls} calls"
