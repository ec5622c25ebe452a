"""2,000 sockets reconnect, each 20 events behind, as fast as they can."""

import threading

import client

CLIENTS = 2000
EVENTS = 20
USERS = 20
OPTIONS = ["--user-write-kilobytes", "1000000", "--device-writes", "1000000", "--address-connections", "10000"]


def prepare(server):
    """Tokens with their cursors: the users have several sockets each."""
    tokens = []
    for number in range(USERS):
        caller, callee = (client.sign_in(server.port, f"back-{name}-{number}") for name in ("caller", "callee"))
        call = caller.must("POST", "/v1/calls", {"callee": f"back-callee-{number}"})["callId"]
        callee.must("POST", f"/v1/calls/{call}/accept", {})
        cursor = callee.must("GET", "/v1/events?waitSeconds=0")["cursor"]
        for event in range(EVENTS):
            caller.must("PUT", f"/v1/calls/{call}/media", {"held": event % 2 == 0})
        tokens.append((callee.token, cursor))
    return tokens


def attack(server, tokens):
    done = [0]

    def reconnect(first):
        for number in range(first, CLIENTS, 4):
            token, cursor = tokens[number % USERS]
            try:
                connection = client.open_socket(server.port, token, client.ATTACKER, cursor=cursor)
                received = b""
                while received.count(b"call.media") < EVENTS:
                    data = connection.recv(1 << 16)
                    if not data:
                        break
                    received += data
                else:
                    done[0] += 1
                connection.close()
            except (OSError, RuntimeError, client.Closed):
                threading.Event().wait(0.01)

    while True:
        threads = [threading.Thread(target=reconnect, args=(first,), daemon=True) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
            yield f"{done[0]} caught up with {EVENTS} events each"
