"""Measures pushes: `.venv/bin/python Tests/EndToEnd/measure_push.py [--samples 300]`, on the debug build or RINGBACK_BINARY.

The time from the response to an invitation, which is durable then, to the request at a push service on the same machine.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness.api import register  # noqa: E402
from harness.push_service import PushService  # noqa: E402
from harness.server import Server, binary  # noqa: E402


def words(times):
    return f"p50 {statistics.median(times):.1f} ms, p99 {sorted(times)[int(len(times) * 0.99) - 1]:.1f} ms"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=300)
    samples = parser.parse_args().samples
    key = subprocess.run([binary(), "vapid"], capture_output=True, text=True, timeout=30).stdout.strip().split("=", 1)[1]
    service = PushService()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(
            Path(folder), "--vapid-contact", "mailto:operator@example.org", "--push-addresses", "any",
            environment={"RINGBACK_VAPID_KEY": key}).start()
        petya = register(server, "petya")
        browser = service.browser().subscribe(petya)
        invitations, pushes = [], []
        for number in range(samples + 20):
            # A user can cause 30 pushes to another at once.
            if number % 25 == 0:
                vasya = register(server, f"vasya-{number}")
            begin = time.monotonic()
            call_id = vasya.invite("petya")["callId"]
            answered = time.monotonic()
            while not (arrivals := [at for message, _, at in browser.received if message["callId"] == call_id]):
                time.sleep(0.0005)
            if number >= 20:
                invitations.append((answered - begin) * 1000)
                pushes.append((arrivals[0] - answered) * 1000)
            vasya.step(call_id, "cancel")
            browser.next("call.missed")
            browser.received.clear()
        server.stop()
    service.close()
    print("an invitation, to its response:", words(invitations))
    print("from the response to the push request:", words(pushes))


if __name__ == "__main__":
    main()
