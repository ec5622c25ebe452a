"""Measures webhooks: `.venv/bin/python Tests/EndToEnd/measure_webhooks.py [--kills 10]`, on the debug build or RINGBACK_BINARY.

10,000 messages wait for an endpoint that is dead, while another one is told of calls: how long that takes, with and without
them, and the memory of the server. Then calls are made while the server is killed again and again: none may be lost.
"""

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import requests  # noqa: E402
from harness.api import Device, register  # noqa: E402
from harness.hooks import Endpoint, call_of, write_configuration  # noqa: E402
from harness.server import Server  # noqa: E402

DEAD = "http://127.0.0.1:9/hook"


def memory(server):
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def latencies(vasya, hook, count):
    """The times from an invitation to its webhook in milliseconds."""
    times = []
    for _ in range(count):
        begin = time.monotonic()
        call_id = vasya.invite("petya")["callId"]
        while "call.incoming" not in hook.types(call_id):
            time.sleep(0.0005)
        index = next(i for i, m in enumerate(hook.messages) if call_of(m) == call_id)
        times.append((hook.times[index] - begin) * 1000)
        vasya.step(call_id, "cancel")
        hook.messages.clear()
        hook.times.clear()
    return f"p50 {statistics.median(times):.1f} ms, p99 {sorted(times)[int(len(times) * 0.99) - 1]:.1f} ms"


def fill(database, count):
    now = int(time.time() * 1000)
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO outbox (lane, key, type, body, created_at, expires_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (("webhook/dead", f"call-{n}", "call.ended", b'{"type":"call.ended","data":{}}' + b" " * 700, now,
              now + 86_400_000, now) for n in range(count)))


def waiting(server):
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as connection:
        return dict(connection.execute("SELECT lane, count(*) FROM outbox WHERE due_at IS NOT NULL GROUP BY lane"))


def dead_endpoint(folder, samples):
    hook = Endpoint()
    file = write_configuration(
        folder / "webhooks.json", ("dead", DEAD, {"types": ["call.ended"]}), ("quick", hook, {"types": ["call.incoming"]}))
    server = Server(folder / "dead", "--webhooks", str(file)).start()
    vasya = register(server, "vasya")
    register(server, "petya")
    latencies(vasya, hook, 50)
    print("without waiting messages:", latencies(vasya, hook, samples), f"{memory(server):.0f} MB")
    server.stop()
    fill(server.database, 10_000)
    server.start()
    latencies(vasya, hook, 50)
    begin = memory(server)
    print(f"{waiting(server)['webhook/dead']} waiting for a dead endpoint:", latencies(vasya, hook, samples))
    time.sleep(30)
    print(f"memory {begin:.0f} MB, and 30 s later {memory(server):.0f} MB; waiting {waiting(server)}")
    server.stop()
    hook.close()


def kills(folder, count):
    hook = Endpoint()
    file = write_configuration(folder / "webhooks.json", ("all", hook, {"types": ["call.missed"]}))
    server = Server(folder / "kills", "--webhooks", str(file)).start()
    register(server, "vasya"), register(server, "petya")
    acknowledged, is_over = set(), threading.Event()

    def caller():
        device = Device(server, "vasya")
        while not is_over.is_set():
            try:
                call = device.request("POST", "/v1/calls", {"callee": "petya", "media": {"audio": True}}, timeout=5).json()
                if device.request("POST", f"/v1/calls/{call['callId']}/cancel", timeout=5).status_code == 200:
                    acknowledged.add(call["callId"])
            except (requests.RequestException, ValueError, KeyError):
                time.sleep(0.05)

    threads = [threading.Thread(target=caller) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(count):
        time.sleep(1.5)
        server.kill9()
        server.restart()
    time.sleep(1)
    is_over.set()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 60
    while acknowledged - set(map(call_of, hook.messages)) and time.monotonic() < deadline:
        time.sleep(0.2)
    lost = acknowledged - set(map(call_of, hook.messages))
    print(f"{count} kills: {len(acknowledged)} missed calls acknowledged, {len(lost)} lost, "
          f"{len(hook.ids) - len(set(hook.ids))} delivered twice")
    server.stop()
    hook.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        dead_endpoint(Path(name), options.samples)
        kills(Path(name), options.kills)
