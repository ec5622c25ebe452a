"""A connection may end at any point between a write and its response: the write is carried out once and in order."""

import pytest

from harness.api import SDP, Device, candidate, host_candidate, register
from harness.cutting_proxy import (
    ANSWERED, HALF_ANSWERED, HALF_SENT, NOTHING_SENT, POINTS, SENT, SWALLOWED, CuttingProxy)
from harness.waiting import eventually

# Only the connection layer of the SDK. The calls would send requests of their own.
LISTEN = """async ({token, url}) => {
    const {Api} = await import('/sdk/api.js');
    const {openFeed} = await import('/sdk/feed.js');
    window.api = new Api(url, token);
    window.device = {api, emit() {}};
    openFeed(device, 'websocket', {welcome() {}, event() {}});
}"""
REQUEST = "([method, path, data]) => api.request(method, path, data, {patienceMs: 30_000})"
ALL_AT_ONCE = "requests => Promise.all(requests.map(([method, path, data]) => api.request(method, path, data)))"

PLANS = [[("socket", point)] for point in POINTS]
PLANS += [[("socket", NOTHING_SENT), ("http", point)] for point in POINTS]
PLANS += [[("socket", SENT), ("http", ANSWERED), ("socket", ANSWERED)]]


@pytest.fixture
def proxy(server):
    proxy = CuttingProxy(server)
    yield proxy
    proxy.close()


class Page:
    """Vasya's page, and Petya, whose requests are not cut."""

    def __init__(self, page, server, proxy):
        self.page, self.proxy = page, proxy
        self.vasya, self.petya = register(server, "vasya"), register(server, "petya")
        page.goto(f"{proxy.url}/healthz")
        page.evaluate(LISTEN, {"token": self.vasya.token, "url": proxy.url})
        self.is_online()

    def is_online(self):
        eventually(lambda: self.page.evaluate("() => Boolean(api.socket)"), 15, "a socket is open")

    def does(self, plan, method, path, data=None):
        """Makes one write, which is cut as planned."""
        self.is_online()
        self.proxy.cut(*plan)
        answer = self.page.evaluate(REQUEST, [method, path, data or {}])
        assert self.proxy.done[0] == plan[0], f"{method} {path} was not cut: {self.proxy.planned}"
        self.proxy.cut()
        return answer

    def steps(self, call_id):
        return [item["what"] for item in self.petya.get(f"/v1/calls/{call_id}/timeline")["items"]]


@pytest.fixture
def page(server, proxy, red_browser):
    context = red_browser.new_context()
    yield Page(context.new_page(), server, proxy)
    context.close()


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: ", ".join(" ".join(cut) for cut in plan))
def test_every_write_is_carried_out_once(page, plan):
    petya = page.petya

    def post(call_id, what, data=None):
        return page.does(plan, "POST", f"calls/{call_id}/{what}", data)

    invitation = {"callee": "petya", "media": {"audio": True, "video": False}}
    call_id = page.does(plan, "POST", "calls", invitation)["callId"]
    assert [call["callId"] for call in petya.get("/v1/calls")["items"]] == [call_id]
    assert post(call_id, "cancel")["reason"] == "canceled"
    assert page.steps(call_id).count("ended") == 1

    call_id = petya.invite("vasya")["callId"]
    assert post(call_id, "alerting")["state"] == "ringing"
    assert post(call_id, "decline", {"message": "later"})["message"] == "later"
    assert page.steps(call_id).count("alerting") == 1

    call_id = petya.invite("vasya")["callId"]
    assert post(call_id, "accept")["state"] == "connecting"
    petya.offer(call_id)
    assert post(call_id, "answer", {"negotiation": 1, "description": {"type": "answer", "sdp": SDP}})["negotiation"] == 1
    sent = [host_candidate(number) for number in range(3)]
    post(call_id, "candidates", {"candidates": [candidate(text) for text in sent]})
    stored = petya.get(f"/v1/calls/{call_id}/candidates")["items"]
    assert [item["candidate"]["candidate"] for item in stored] == sent
    page.does(plan, "PUT", f"calls/{call_id}/media", {"mic": {"kind": "audio", "muted": True}})
    petya.step(call_id, "connected")
    post(call_id, "connected")
    post(call_id, "quality", {"packetsLost": 1, "final": False})
    assert post(call_id, "offer", {"description": {"type": "offer", "sdp": SDP}})["negotiation"] == 2
    petya.answer(call_id, 2)
    assert post(call_id, "hangup", {"reason": "completed"})["state"] == "ended"
    steps = page.steps(call_id)
    once = ["accepted", "candidates", "media", "quality", "ended"]
    assert [steps.count(what) for what in once] == [1] * len(once), steps
    assert steps.count("offer") == steps.count("answer") == 2, steps

    assert [item["userId"] for item in page.does(plan, "PUT", "users/me/watching", {"userIds": ["petya"]})["items"]]
    page.does(plan, "PUT", "users/me/blocks/petya")
    assert [item["userId"] for item in page.vasya.get("/v1/users/me/blocks")["items"]] == ["petya"]
    page.does(plan, "DELETE", "users/me/blocks/petya")
    assert page.vasya.get("/v1/users/me/blocks")["items"] == []
    # This request goes over HTTP although a socket is open.
    other = Device(page.vasya.server, "vasya")
    page.does([("http", point) for _, point in plan], "DELETE", f"sessions/{other.device_id}")
    other.get("/v1/users/me", expect=401)


@pytest.mark.parametrize("plan", [
    [("socket", NOTHING_SENT)], [("socket", HALF_SENT)], [("socket", ANSWERED)], [("socket", HALF_ANSWERED)],
    [("socket", SENT), ("http", NOTHING_SENT)], [("socket", ANSWERED), ("http", ANSWERED)],
], ids=lambda plan: ", ".join(" ".join(cut) for cut in plan))
def test_requests_are_carried_out_in_order(page, plan):
    call_id = page.vasya.invite("petya")["callId"]
    page.petya.step(call_id, "accept")
    sent = [host_candidate(number) for number in range(40)]
    requests = [["POST", f"calls/{call_id}/offer", {"description": {"type": "offer", "sdp": SDP}}]]
    requests += [["POST", f"calls/{call_id}/candidates", {"candidates": [candidate(text)]}] for text in sent]
    requests.append(["POST", f"calls/{call_id}/hangup", {}])
    page.proxy.cut(*plan)
    page.page.evaluate(ALL_AT_ONCE, requests)
    assert page.proxy.done == plan
    stored = page.petya.get(f"/v1/calls/{call_id}/candidates")["items"]
    assert [item["candidate"]["candidate"] for item in stored] == sent
    steps = page.steps(call_id)
    assert steps.index("offer") < steps.index("candidates") < steps.index("ended") == len(steps) - 1


def test_a_socket_that_does_not_respond_is_abandoned(page):
    call_id = page.vasya.invite("petya")["callId"]
    assert page.does([("socket", SWALLOWED)], "POST", f"calls/{call_id}/cancel")["reason"] == "canceled"
    assert page.steps(call_id).count("ended") == 1


def test_only_the_request_too_long_for_a_frame_is_rejected(page):
    call_id = page.vasya.invite("petya")["callId"]
    page.petya.step(call_id, "accept")
    socket = page.page.evaluate_handle("() => api.socket")
    long = {"description": {"type": "offer", "sdp": SDP + "a=x\r\n" * 60_000}}
    status = page.page.evaluate(
        "([path, data]) => api.request('POST', path, data).then(() => 0, error => error.status)",
        [f"calls/{call_id}/offer", long])
    assert status == 413
    assert page.page.evaluate("socket => api.socket === socket", socket), "the socket was closed"


def test_requests_go_over_the_socket_while_it_is_open(page):
    over_http = []
    page.page.on("request", lambda request: over_http.append(request.url))
    call_id = page.page.evaluate(REQUEST, ["POST", "calls", {"callee": "petya"}])["callId"]
    page.page.evaluate(REQUEST, ["GET", f"calls/{call_id}", {}])
    page.page.evaluate(REQUEST, ["POST", f"calls/{call_id}/cancel", {}])
    page.page.evaluate(REQUEST, ["GET", "calls", {"limit": 5}])
    assert over_http == []
    page.page.evaluate(REQUEST, ["PATCH", "users/me", {"displayName": "V"}])
    page.page.evaluate(REQUEST, ["PUT", "users/me/contacts/petya", {}])
    assert page.page.evaluate(REQUEST, ["GET", "users/pe%74ya", {}])["userId"] == "petya"
    assert over_http == []
    change = {"password": "battery staple 2", "oldPassword": "wrong"}
    status = page.page.evaluate(
        "([method, path, data]) => api.request(method, path, data).catch(error => error.status)",
        ["PATCH", "users/me", change])
    assert status == 403 and over_http == [f"{page.proxy.url}/v1/users/me"], "hashing a password would delay answers"
