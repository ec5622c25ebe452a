"""Users of a cluster who go on whatever happens to it, and what must hold of what they have done."""

import itertools
import threading
import time

import requests

from harness.api import SDP, candidate, host_candidate, register, stored_candidates
from harness.waiting import Together, eventually


class Persistent:
    """A device that asks again, at the next node, until it has an answer; each write has a key."""

    def __init__(self, nodes, device):
        self._nodes = itertools.cycle(nodes)
        self._node = next(self._nodes)
        self.device = device
        self._keys = itertools.count(1)
        self.longest = 0.0

    def ask(self, method, path, body=None, *, seconds=60, **options):
        """The answer, and how long it took in all."""
        headers = {"Authorization": f"Bearer {self.device.token}"}
        if method != "GET":
            headers["Idempotency-Key"] = f"{self.device.device_id}-{next(self._keys)}"
        started = time.monotonic()
        while True:
            try:
                answer = requests.request(
                    method, self._node.url + path, json=body, headers=headers, timeout=(3, 8), **options)
                if answer.status_code not in (429, 500, 502, 503, 504):
                    self.longest = max(self.longest, time.monotonic() - started)
                    return answer
                last = f"{answer.status_code} {answer.text[:200]}"
            except requests.RequestException as error:
                last = repr(error)
            assert time.monotonic() - started < seconds, f"{method} {path} has no answer after {seconds} s: {last}"
            self._node = next(self._nodes)
            time.sleep(0.05)

    def do(self, path, body=None, expect=(200, 201, 202)):
        answer = self.ask("POST", path, body)
        assert answer.status_code in expect, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()


class Listener:
    """Polls a device's events from its cursor, at any node that answers."""

    def __init__(self, nodes, device):
        self._user = Persistent(nodes, device)
        self.events = []
        self._is_over = threading.Event()
        self._cursor = self._user.ask("GET", "/v1/events").json()["cursor"]
        self._thread = Together(self._run)

    def _run(self):
        while not self._is_over.is_set():
            self._poll(2)
        while self._poll(0):
            pass

    def _poll(self, seconds):
        answer = self._user.ask("GET", "/v1/events", params={"cursor": self._cursor, "waitSeconds": seconds})
        assert answer.status_code == 200, answer.text
        self._cursor = answer.json()["cursor"]
        self.events += answer.json()["events"]
        return answer.json()["events"]

    def stop(self):
        self._is_over.set()
        self._thread.result(90)

    def of(self, kind, call_id):
        """The events of a type of a call."""
        return [event for event in self.events if event["type"] == kind and event["callId"] == call_id]


class Load:
    """Pairs of users who are in a long call and send candidates, and pairs who call each other again and again."""

    def __init__(self, cluster, pairs=2):
        self.cluster = cluster
        self._is_over = threading.Event()
        self.talking = [Talk(cluster, self._is_over, number) for number in range(pairs)]
        self.calling = [Calls(cluster, self._is_over, number) for number in range(pairs)]

    @property
    def acknowledged(self):
        return sum(len(talk.acknowledged) for talk in self.talking)

    @property
    def ended_calls(self):
        return sum(len(calls.done) for calls in self.calling)

    def goes_on(self, seconds=40):
        """Waits until each pair has done something since now."""
        before = [len(talk.acknowledged) for talk in self.talking], [len(calls.done) for calls in self.calling]

        def have_all():
            return all(len(talk.acknowledged) > known for talk, known in zip(self.talking, before[0])) and all(
                len(calls.done) > known for calls, known in zip(self.calling, before[1]))

        eventually(have_all, seconds, "everybody goes on")

    def finish(self):
        """Stops it, and checks all that was done.

        Returns the figures.
        """
        self._is_over.set()
        for user in (*self.talking, *self.calling):
            user.finish()
        check_logs(self.cluster)
        for node in self.cluster.nodes:
            eventually(
                lambda node=node: requests.get(node.url + "/readyz", timeout=20).status_code == 200, 20,
                "each node is ready without a restart")
        longest = max(user.longest for user in (*self.talking, *self.calling))
        return {
            "acknowledged": self.acknowledged, "calls": self.ended_calls, "longest": round(longest, 1),
        }


def check_logs(cluster):
    """The positions of each log are without gaps, and its head is the newest."""
    wrong = cluster.ask(
        "SELECT l.user_id, l.position, count(e.position), max(e.position) FROM user_logs l"
        " LEFT JOIN events e USING (user_id) GROUP BY l.user_id, l.position"
        " HAVING l.position <> count(e.position) OR l.position <> max(e.position)")
    assert wrong == [], wrong


class _Pair:
    kind = ""

    def __init__(self, cluster, is_over, number):
        nodes = cluster.nodes[number % 3:] + cluster.nodes[:number % 3]
        devices = [register(node, f"{self.kind}-{number}-{side}") for side, node in zip("ab", nodes)]
        self.caller, self.callee = [Persistent(list(own), device) for own, device in zip(
            (nodes, nodes[::-1]), devices)]
        self.listeners = [Listener(nodes[1:] + nodes[:1], device) for device in devices]
        self._is_over = is_over
        self.begin()
        self._thread = Together(self._run)

    def begin(self):
        pass

    def _run(self):
        while not self._is_over.is_set():
            self.step()

    @property
    def longest(self):
        return max(self.caller.longest, self.callee.longest)

    def connect(self):
        """A call of the two that is active."""
        body = {"callee": self.callee.device.user_id, "media": {"audio": True, "video": True}}
        call_id = self.caller.do("/v1/calls", body)["callId"]
        path = f"/v1/calls/{call_id}"
        self.callee.do(path + "/alerting")
        self.callee.do(path + "/accept")
        self.caller.do(path + "/offer", {"description": {"type": "offer", "sdp": SDP}})
        self.callee.do(path + "/answer", {"negotiation": 1, "description": {"type": "answer", "sdp": SDP}})
        self.caller.do(path + "/connected")
        self.callee.do(path + "/connected")
        return call_id

    def finish(self):
        self._thread.result(120)
        self.end()
        for listener in self.listeners:
            listener.stop()
            ids = [event["id"] for event in listener.events]
            assert len(ids) == len(set(ids)), "an event was told twice"
        self.check()

    def end(self):
        pass


class Talk(_Pair):
    """One call that goes on for as long as the load does."""

    kind = "talk"

    def begin(self):
        self.acknowledged = []
        self.call_id = self.connect()

    def step(self):
        text = host_candidate(len(self.acknowledged) + 1)
        self.caller.do(f"/v1/calls/{self.call_id}/candidates", {"candidates": [candidate(text)]})
        self.acknowledged.append(text)
        time.sleep(0.02)

    def end(self):
        call = self.caller.ask("GET", f"/v1/calls/{self.call_id}").json()
        assert call["state"] == "active", f"the call has ended by itself: {call}"
        self.caller.do(f"/v1/calls/{self.call_id}/hangup", {"reason": "completed"})

    def check(self):
        told = [
            item["candidate"] for event in self.listeners[1].of("call.candidates", self.call_id)
            for item in event["data"]["candidates"]
        ]
        assert told == self.acknowledged, "what the callee was told is not what the caller was acknowledged"
        device = self.callee.device
        device.server = self.caller._node
        assert stored_candidates(device, self.call_id) == self.acknowledged
        (ended,) = self.listeners[1].of("call.ended", self.call_id)
        assert ended["data"]["call"]["reason"] == "completed"


class Calls(_Pair):
    """Calls, one behind the other."""

    kind = "calls"

    def begin(self):
        self.done = []

    def step(self):
        call_id = self.connect()
        by = (self.caller, self.callee)[len(self.done) % 2]
        by.do(f"/v1/calls/{call_id}/hangup", {"reason": "completed"})
        self.done.append(call_id)

    def check(self):
        for number, call_id in enumerate(self.done):
            views = [user.ask("GET", f"/v1/calls/{call_id}").json() for user in (self.caller, self.callee)]
            assert {(view["state"], view["reason"]) for view in views} == {("ended", "completed")}, views
            assert len(self.listeners[1].of("call.incoming", call_id)) == 1, call_id
            # Whoever hangs up is not told of it.
            told = [len(listener.of("call.ended", call_id)) for listener in self.listeners]
            assert told == ([0, 1] if number % 2 == 0 else [1, 0]), (call_id, told)
