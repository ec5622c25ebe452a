"""Wrong tokens as fast as they go, from one address."""

import os
import threading

import client

CONNECTIONS = 8


def attack(server, _):
    counts = {}

    def ask(number):
        http = client.HTTP(server.port, source=client.ATTACKER)
        while True:
            try:
                http.token = os.urandom(32).hex()
                status, _ = http.ask("GET", "/v1/users/me")
            except (OSError, client.Closed):
                http.close()
                status = "closed"
            counts[status] = counts.get(status, 0) + 1

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    while True:
        threads[0].join(0.5)
        yield ", ".join(f"{count} × {status}" for status, count in sorted(counts.items(), key=str))
