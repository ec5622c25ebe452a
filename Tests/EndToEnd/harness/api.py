"""Users of the API: one signed-in device each, talking JSON over HTTP."""

import time
from collections import deque

import requests

PASSWORD = "correct horse battery"


class Device:
    """A signed-in device. Every method checks the status."""

    def __init__(self, server, user_id, password=PASSWORD, name=None):
        self.server = server
        self.user_id = user_id
        self.http = requests.Session()
        body = {"userId": user_id, "password": password}
        if name:
            body["deviceName"] = name
        session = self.post("/v1/sessions", body, expect=201)
        self.token = session["token"]
        self.device_id = session["deviceId"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.cursor = None
        self._unread = deque()

    def request(self, method, path, body=None, timeout=40, **options):
        if body is not None:
            options["json"] = body
        return self.http.request(method, self.server.url + path, timeout=timeout, **options)

    def _expect(self, expect, method, path, body=None, **options):
        response = self.request(method, path, body, **options)
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response.json() if response.content else None

    def get(self, path, expect=200, **options):
        return self._expect(expect, "GET", path, **options)

    def post(self, path, body=None, expect=200, **options):
        return self._expect(expect, "POST", path, body, **options)

    def put(self, path, body=None, expect=200, **options):
        return self._expect(expect, "PUT", path, body, **options)

    # The event log, with long polls.

    def snapshot(self):
        """The current cursor, from which events() continues."""
        page = self.get("/v1/events")
        self._unread.clear()
        self.cursor = page["cursor"]
        return page["calls"]

    def events(self, wait_seconds=0):
        page = self.get("/v1/events", params={"cursor": self.cursor, "waitSeconds": wait_seconds})
        self.cursor = page["cursor"]
        return page["events"]

    def next_event(self, kind, seconds=20):
        """The next event of this type; skips others."""
        seen, deadline = [], time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self._unread:
                event = self._unread.popleft()
                if event["type"] == kind:
                    return event
                seen.append(event["type"])
            self._unread.extend(self.events(wait_seconds=5))
        raise AssertionError(f"{self.user_id} got no {kind}, only {seen}")

    def take_unread(self):
        """Events that next_event() has fetched but not returned yet."""
        unread = list(self._unread)
        self._unread.clear()
        return unread

    # The steps of a call, for tests that need one.

    def invite(self, callee, **more):
        return self.post("/v1/calls", {"callee": callee, "media": {"audio": True, "video": True}, **more}, expect=201)

    def step(self, call_id, operation, body=None, expect=200):
        return self.post(f"/v1/calls/{call_id}/{operation}", body, expect=expect)

    def offer(self, call_id, sdp=None, expect=201):
        return self.step(call_id, "offer", {"description": {"type": "offer", "sdp": sdp or SDP}}, expect)

    def answer(self, call_id, negotiation=1, expect=201):
        body = {"negotiation": negotiation, "description": {"type": "answer", "sdp": SDP}}
        return self.step(call_id, "answer", body, expect)

    def candidates(self, call_id, *texts, expect=202):
        return self.step(call_id, "candidates", {"candidates": [candidate(text) for text in texts]}, expect)

    def hang_up(self, call_id, reason="completed"):
        return self.step(call_id, "hangup", {"reason": reason})


SDP = (
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlts\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
)


def candidate(text):
    return {"candidate": text, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "4ZcD"}


def host_candidate(number):
    """A candidate that is identified by its number."""
    return f"candidate:{number} 1 udp 2122260223 127.0.0.1 {1024 + number % 60000} typ host generation 0"


def register(server, user_id, display_name=None, password=PASSWORD):
    """A new user, signed in."""
    body = {"userId": user_id, "displayName": display_name or user_id.capitalize(), "password": password}
    response = requests.post(server.url + "/v1/users", json=body, timeout=30)
    assert response.status_code == 201, f"register {user_id}: {response.status_code} {response.text[:500]}"
    return Device(server, user_id, password)


class TalkingPair:
    """Vasya and Petya in a call whose offer has been answered; to check that the server still works."""

    def __init__(self, server, caller="vasya", callee="petya"):
        self.caller = register(server, caller)
        self.callee = register(server, callee)
        self.call_id = self.caller.invite(callee)["callId"]
        self.callee.step(self.call_id, "alerting")
        self.callee.step(self.call_id, "accept")
        self.caller.offer(self.call_id)
        self.callee.answer(self.call_id)
        self.caller.step(self.call_id, "connected")
        self.callee.step(self.call_id, "connected")
        self.callee.snapshot()
        self._sent = 0

    def state(self):
        return self.caller.get(f"/v1/calls/{self.call_id}")["state"]

    def pass_a_candidate(self):
        """One candidate from the caller to the callee, through the log."""
        self._sent += 1
        text = host_candidate(self._sent)
        self.caller.candidates(self.call_id, text)
        event = self.callee.next_event("call.candidates")
        assert [item["candidate"] for item in event["data"]["candidates"]] == [text]


def stored_candidates(reader, call_id):
    """All candidates of the other side, page by page."""
    found, after = [], None
    while True:
        page = reader.get(f"/v1/calls/{call_id}/candidates", params={"after": after, "limit": 100} if after else None)
        found += [item["candidate"]["candidate"] for item in page["items"]]
        after = page.get("next")
        if not after:
            return found
