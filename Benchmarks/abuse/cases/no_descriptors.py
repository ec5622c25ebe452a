"""More connections than the server has descriptors."""

import time

import client

DESCRIPTORS = 200
# Beyond what the descriptors allow.
OPTIONS = ["--max-connections", "1000"]
LEAST = CONNECTIONS = 600


def attack(server, _):
    held, failed = [], 0
    while len(held) < CONNECTIONS:
        try:
            # From many addresses.
            held.append(client.connect(server.port, f"127.0.1.{1 + len(held) % 250}", seconds=2))
        except OSError:
            failed += 1
        if len(held) % 50 == 0:
            yield len(held), f"{len(held)} connections for 200 descriptors"
    while True:
        time.sleep(1)
        yield len(held), f"{len(held)} connections for 200 descriptors"


def judge(server, _):
    began, cpu = time.monotonic(), server.cpu_seconds()
    time.sleep(1)
    share = (server.cpu_seconds() - cpu) / (time.monotonic() - began)
    return f"the listener spins: {share:.0%}" if share > 0.4 else None
