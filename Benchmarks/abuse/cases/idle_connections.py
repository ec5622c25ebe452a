"""Keep-alive connections from one address hold every slot."""

import time

import client

OPTIONS = ["--max-connections", "400"]
# Connections.
LEAST = 400


def attack(server, _):
    held, refused = [], 0
    while True:
        try:
            connection = client.connect(server.port, client.ATTACKER, seconds=2)
            connection.sendall(client.head("GET", "/healthz"))
            answer = connection.recv(4096)
            if b" 200 " in answer[:20]:
                held.append(connection)
            else:
                refused += 1
                time.sleep(0.01)
        except OSError:
            refused += 1
            time.sleep(0.05)
        if len(held) % 50 == 0 or refused % 50 == 0:
            yield len(held), f"{len(held)} idle connections for 400 slots, {refused} refused"


def judge(server, _):
    """A client that is new gets in."""
    began = time.monotonic()
    for _ in range(5):
        http = client.HTTP(server.port, source="127.0.0.77", seconds=3)
        try:
            status, _ = http.ask("GET", "/healthz")
        except (OSError, client.Closed):
            return "a newcomer gets no answer"
        if status != 200:
            return f"a newcomer gets {status}"
        http.close()
    return "a newcomer waits" if time.monotonic() - began > 1 else None
