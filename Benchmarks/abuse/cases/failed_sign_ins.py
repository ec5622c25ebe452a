"""Wrong passwords and invented names as fast as they go, from one address. Right passwords from another must be accepted meanwhile."""

import threading

import client

CONNECTIONS = 64
OPTIONS = ["--address-sign-ins", "300", "--password-cost", "15"]


def prepare(server):
    http = client.sign_in(server.port, "victim")
    http.close()


def judge(server, _):
    http = client.HTTP(server.port, source="127.0.0.67")
    status, answer = http.ask("POST", "/v1/sessions", {"userId": "victim", "password": client.PASSWORD})
    http.close()
    return None if status == 201 else f"a right password gets {status} {answer}"


def attack(server, _):
    counts = {}

    def guess(number):
        http = client.HTTP(server.port, source=client.ATTACKER)
        attempt = 0
        while True:
            attempt += 1
            user = "victim" if number == 0 else f"invented-{number}-{attempt}"
            try:
                status, _ = http.ask("POST", "/v1/sessions", {"userId": user, "password": "not the password"})
            except (OSError, client.Closed):
                http.close()
                status = "closed"
            counts[status] = counts.get(status, 0) + 1

    threads = [threading.Thread(target=guess, args=(number,), daemon=True) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    while True:
        threads[0].join(0.5)
        yield ", ".join(f"{count} × {status}" for status, count in sorted(counts.items(), key=str))
