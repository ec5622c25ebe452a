"""Bodies that never end, without a token and with a wrong one."""

import time

import client

LEAST = CONNECTIONS = 900


def attack(server, _):
    held, refused = [], 0
    while True:
        isWrong = len(held) % 2
        path, token = ("/v1/calls", "wrong") if isWrong else ("/v1/users", None)
        try:
            connection = client.connect(server.port, client.ATTACKER, seconds=2)
            connection.sendall(
                client.head("POST", path, "Content-Type: application/json", "Content-Length: 16000", token=token)
                + b" " * 15_999)
            held.append(connection)
        except OSError:
            refused += 1
            time.sleep(0.01)
        if len(held) > CONNECTIONS:
            held.pop(0).close()
        if len(held) % 50 == 0:
            yield len(held), f"{len(held)} bodies of 16 KB but for the last byte, {refused} refused"
            time.sleep(0.05)
