"""A user with 32,000 events erases the account, then another one does."""

import client

EVENTS = 32_000
# A step holds the writer for less.
LONGEST_MS = 50
OPTIONS = ["--user-write-kilobytes", "1000000", "--device-writes", "1000000", "--address-writes", "1000000"]
DISK = 256 << 20
# Users.
LEAST = 2


def prepare(server):
    users = []
    for pair in range(2):
        caller, callee = (client.sign_in(server.port, f"erased-{name}-{pair}") for name in ("caller", "callee"))
        call = caller.must("POST", "/v1/calls", {"callee": f"erased-callee-{pair}"})["callId"]
        callee.must("POST", f"/v1/calls/{call}/accept", {})
        connection = client.open_socket(server.port, callee.token)
        client.send_requests(connection, [
            ("setMedia", {"callId": call, "held": number % 2 == 0}) for number in range(EVENTS)])
        connection.close()
        users.append(caller)
    return users


def attack(server, users):
    erased = 0
    for user in users:
        status, _ = user.ask("DELETE", "/v1/users/me", {"password": client.PASSWORD})
        erased += status == 204
        yield erased, f"erased {erased} users, status {status}"
