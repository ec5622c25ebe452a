"""The others: a few pairs that call each other all the time at a modest rate, and how long each of their requests takes."""

import multiprocessing
import random
import threading
import time

import client

PAIRS = 4
# Between two requests of a pair.
PAUSE_SECONDS = 0.02
SDP = "v=0\r\n" + "a=candidate\r\n" * 200
SECONDS_LOST = 20


class Witness:
    """Runs in a process of its own."""

    def __init__(self, port):
        self.queue = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=_run, args=(port, self.queue), daemon=True)
        self.process.start()
        self.queue.get(timeout=60)

    def stop(self):
        self.process.terminate()
        self.process.join()

    def during(self, seconds, look=lambda: None):
        """p50, p99 and the longest in milliseconds and how many requests failed or had no answer, over the next seconds."""
        while not self.queue.empty():
            self.queue.get()
        until, samples = time.monotonic() + seconds, []
        while time.monotonic() < until:
            look()
            time.sleep(0.05)
            while not self.queue.empty():
                samples.append(self.queue.get())
        times = sorted(taken for taken, isGood in samples)
        failed = sum(not isGood for _, isGood in samples)
        if not times:
            return Times(seconds * 1000, seconds * 1000, seconds * 1000, PAIRS)
        return Times(times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)], times[-1], failed)


class Times:
    def __init__(self, p50, p99, longest, failed):
        self.p50, self.p99, self.longest, self.failed = p50, p99, longest, failed

    def __str__(self):
        text = f"{self.p50:.1f} / {self.p99:.1f} / {self.longest:.0f} ms"
        return text + (f", {self.failed} failed" if self.failed else "")


def _run(port, queue):
    ready = threading.Barrier(PAIRS + 1)
    for number in range(PAIRS):
        threading.Thread(target=_pair, args=(port, queue, number, ready), daemon=True).start()
    ready.wait(60)
    queue.put(None)
    threading.Event().wait()


def _pair(port, queue, number, ready):
    name = f"{number}-{random.randrange(1 << 30)}"
    vasya, petya = (client.sign_in(port, f"{who}-{name}", seconds=SECONDS_LOST) for who in ("vasya", "petya"))
    ready.wait(60)

    def timed(http, method, path, body=None):
        time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))
        began = time.monotonic()
        try:
            status, answer = http.ask(method, path, body)
        except (OSError, client.Closed):
            http.close()
            status, answer = None, None
        isGood = status is not None and status < 300
        queue.put(((time.monotonic() - began) * 1000, isGood))
        if not isGood:
            raise _Failed
        return answer

    while True:
        try:
            call = f"/v1/calls/{timed(vasya, 'POST', '/v1/calls', {'callee': f'petya-{name}'})['callId']}"
            for http, step, body in (
                (petya, "alerting", {}), (petya, "accept", {}),
                (vasya, "offer", {"description": {"type": "offer", "sdp": SDP}}),
                (petya, "answer", {"negotiation": 1, "description": {"type": "answer", "sdp": SDP}}),
                (vasya, "candidates", {"candidates": [{"candidate": "candidate:1", "sdpMid": "0"}]}),
                (petya, "connected", {}), (vasya, "hangup", {}),
            ):
                timed(http, "POST", f"{call}/{step}", body)
            timed(petya, "GET", call)
            timed(vasya, "GET", "/v1/events?waitSeconds=0")
        except _Failed:
            time.sleep(0.1)


class _Failed(Exception):
    pass
