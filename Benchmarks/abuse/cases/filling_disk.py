"""Two accounts write as much as they may: offers, answers and candidates of their calls."""

import collections
import threading

import client

CANDIDATE = {"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host " + "x" * 1900, "sdpMid": "0"}
BATCH = {"candidates": [CANDIDATE] * 60}
PREFIX = "filling"
# Batches that are accepted: both accounts use up what they may write at once.
LEAST = 60


def prepare(server):
    return [client.sign_in(server.port, f"{PREFIX}-{name}") for name in ("caller", "callee")]


def attack(server, devices):
    caller, callee = devices
    counts = collections.Counter()

    def flood(device, call, isOver):
        http = client.HTTP(server.port, device.token, client.ATTACKER)
        while not isOver.is_set():
            status = http.status("POST", f"/v1/calls/{call}/candidates", BATCH)
            counts[status] += 1
            if status in (409, 422):
                isOver.set()
            elif status != 202:
                isOver.wait(0.01)

    while True:
        status, answer = caller.ask("POST", "/v1/calls", {"callee": f"{PREFIX}-callee"})
        if status == 201 and callee.ask("POST", f"/v1/calls/{answer['callId']}/accept", {})[0] == 200:
            isOver = threading.Event()
            threads = [
                threading.Thread(target=flood, args=(device, answer["callId"], isOver), daemon=True)
                for device in devices]
            for thread in threads:
                thread.start()
            while not isOver.wait(0.5):
                yield counts[202], text(counts)
            for thread in threads:
                thread.join()
        if status == 201:
            caller.ask("POST", f"/v1/calls/{answer['callId']}/hangup", {})
        else:
            threading.Event().wait(0.1)
        yield counts[202], text(counts)


def text(counts):
    return "batches of 115 KiB: " + client.text(counts)
