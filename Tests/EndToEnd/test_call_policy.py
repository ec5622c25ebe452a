"""Who may call whom: everyone, contacts only, or as the platform says."""

import base64
import http.server
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from standardwebhooks import Webhook

from harness.api import register
from harness.server_key import Backend

SECRET = "whsec_" + base64.b64encode(b"a secret for the signature").decode()


class Platform:
    """Answers whether a call is permitted, and checks each signature."""

    def __init__(self):
        self.answer, self.status, self.delay, self.asked = {"allow": True}, 200, 0, []
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                Webhook(SECRET).verify(body, dict(self.headers.items()))
                platform.asked.append(json.loads(body))
                time.sleep(platform.delay)
                self.send_response(platform.status)
                self.end_headers()
                self.wfile.write(json.dumps(platform.answer).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/may-call"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def platform():
    platform = Platform()
    yield platform
    platform.server.shutdown()


def call(caller, callee):
    answer = caller.request("POST", "/v1/calls", {"callee": callee, "media": {"audio": True, "video": False}})
    if answer.status_code == 201:
        caller.step(answer.json()["callId"], "cancel")
        return 201
    return answer.status_code, answer.json()["code"]


REFUSED = (403, "call_not_permitted")


def test_a_user_may_receive_calls_from_contacts_only(server):
    vasya, petya, masha = (register(server, name) for name in ("vasya", "petya", "masha"))
    assert "callsFrom" not in petya.get("/v1/users/me")
    assert call(vasya, "petya") == 201
    assert petya.request("PATCH", "/v1/users/me", {"callsFrom": "contacts"}).json()["callsFrom"] == "contacts"
    assert "callsFrom" not in vasya.get("/v1/users/petya")
    assert call(vasya, "petya") == REFUSED and call(masha, "petya") == REFUSED
    petya.put("/v1/users/me/contacts/vasya", expect=204)
    petya.put("/v1/users/me/contacts/vasya", expect=204)
    petya.put("/v1/users/me/contacts/nobody", expect=404)
    petya.put("/v1/users/me/contacts/petya", expect=403)
    assert [item["userId"] for item in petya.get("/v1/users/me/contacts")["items"]] == ["vasya"]
    assert call(vasya, "petya") == 201 and call(masha, "petya") == REFUSED
    assert call(petya, "masha") == 201, "the list is for calls to its user"
    assert petya.request("DELETE", "/v1/users/me/contacts/vasya").status_code == 204
    assert call(vasya, "petya") == REFUSED
    petya.request("PATCH", "/v1/users/me", {"callsFrom": "everyone"})
    assert call(masha, "petya") == 201


def test_the_platform_sets_contacts_and_pages_of_them_are_read(server):
    petya, backend = register(server, "petya"), Backend(server)
    names = [f"friend-{number}" for number in range(5)]
    for name in names:
        backend.expect(201, "POST", "/platform/users", {"userId": name})
        backend.expect(204, "PUT", f"/platform/users/petya/contacts/{name}")
    assert backend.expect(200, "PATCH", "/platform/users/petya", {"callsFrom": "contacts"})["callsFrom"] == "contacts"
    first = petya.get("/v1/users/me/contacts", params={"limit": 3})
    second = petya.get("/v1/users/me/contacts", params={"limit": 3, "after": first["next"]})
    assert [item["userId"] for item in first["items"] + second["items"]] == names and "next" not in second
    backend.expect(204, "DELETE", "/platform/users/petya/contacts/friend-0")
    assert len(backend.expect(200, "GET", "/platform/users/petya/contacts")["items"]) == 4


def test_a_server_may_have_calls_from_contacts_only(start_server):
    server = start_server("--call-policy", "contacts")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    assert call(vasya, "petya") == REFUSED
    petya.put("/v1/users/me/contacts/vasya", expect=204)
    assert call(vasya, "petya") == 201
    assert call(petya, "vasya") == REFUSED


def concealed(caller, callee):
    """What the caller sees of a call that the callee has blocked, and how long the answer takes."""
    answer = caller.request("POST", "/v1/calls", {"callee": callee, "media": {"audio": True, "video": False}})
    body = answer.json()
    caller.step(body["callId"], "cancel")
    for varying in ("callId", "createdAt", "expiresAt"):
        body.pop(varying)
    return answer.status_code, json.dumps(body).replace(callee, "callee"), answer.elapsed.total_seconds()


@pytest.mark.parametrize("policy", ["everyone", "contacts", "webhook"])
def test_a_block_shows_neither_in_the_answer_nor_in_its_time(start_server, platform, policy):
    webhook = ["--call-webhook-url", platform.url, "--call-webhook-secret", SECRET]
    server = start_server("--call-policy", policy, *(webhook if policy == "webhook" else []))
    vasya, petya, masha = (register(server, name) for name in ("vasya", "petya", "masha"))
    for callee in (petya, masha):
        callee.put("/v1/users/me/contacts/vasya", expect=204)
        # Both are offline, as the one who has blocked seems to be.
        assert callee.request("DELETE", "/v1/sessions").status_code == 200
    backend = Backend(server)
    backend.expect(204, "PUT", "/platform/users/masha/blocks/vasya")
    pairs = [(concealed(vasya, "petya"), concealed(vasya, "masha")) for _ in range(15)]
    for free, blocked in pairs:
        assert free[0] == blocked[0] == 201
        assert free[1] == blocked[1]
    ratio = min(free[2] for free, _ in pairs) / min(blocked[2] for _, blocked in pairs)
    assert 0.4 < ratio < 2.5, ratio


@pytest.fixture
def asking(start_server, platform):
    def start(*options):
        return start_server(
            "--call-policy", "webhook", "--call-webhook-url", platform.url, "--call-webhook-secret", SECRET,
            "--call-webhook-seconds", "1", *options)

    return start


def test_the_platform_is_asked_and_its_answer_remembered(asking, platform):
    server = asking("--call-webhook-cache-seconds", "60")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    assert call(vasya, "petya") == 201 and call(vasya, "petya") == 201
    assert [(asked["type"], asked["data"]) for asked in platform.asked] == [
        ("call.authorize", {"caller": "vasya", "callee": "petya"})]
    platform.answer = {"allow": False}
    assert call(petya, "vasya") == REFUSED and call(vasya, "petya") == 201
    assert len(platform.asked) == 2


@pytest.mark.parametrize("failure, expected", [("closed", REFUSED), ("open", 201)])
def test_while_the_platform_can_not_be_asked_the_setting_decides(asking, platform, failure, expected):
    server = asking("--call-webhook-failure", failure)
    vasya, _ = register(server, "vasya"), register(server, "petya")
    platform.status = 500
    assert call(vasya, "petya") == expected
    platform.status, platform.answer = 200, {"allow": "yes"}
    assert call(vasya, "petya") == expected
    platform.answer, platform.delay = {"allow": True}, 3
    begin = time.monotonic()
    assert call(vasya, "petya") == expected
    assert time.monotonic() - begin < 2.5
    platform.delay = 0
    assert call(vasya, "petya") == 201, "a failure is not remembered"


def test_a_repeated_invitation_has_the_first_answer_whatever_the_platform_says_by_now(asking, platform):
    server = asking("--call-webhook-cache-seconds", "0")
    vasya, _ = register(server, "vasya"), register(server, "petya")

    def invite(key):
        return requests.post(
            server.url + "/v1/calls", json={"callee": "petya"}, timeout=10,
            headers={"Authorization": f"Bearer {vasya.token}", "Idempotency-Key": key})

    first = invite("one")
    assert first.status_code == 201
    platform.answer = {"allow": False}
    again, other = invite("one"), invite("two")
    assert (again.status_code, again.json()["callId"]) == (201, first.json()["callId"])
    assert (other.status_code, other.json()["code"]) == REFUSED


def test_who_calls_many_leaves_room_for_others(asking, platform):
    """300 unanswered calls of one user had everybody else's refused as not permitted."""
    server = asking("--call-webhook-seconds", "5")
    vasya, masha = register(server, "vasya"), register(server, "masha")
    register(server, "petya")
    platform.delay = 1.5
    with ThreadPoolExecutor(40) as pool:
        many = [pool.submit(call, vasya, f"nobody-{number}") for number in range(30)]
        time.sleep(0.3)
        assert call(masha, "petya") == 201
    outcomes = [one.result() for one in many]
    assert outcomes.count((404, "user_not_found")) == 4 and outcomes.count((429, "rate_limited")) == 26, outcomes


def test_the_directory_may_answer_exact_names_only(start_server):
    server = start_server("--directory", "exact")
    vasya = register(server, "vasya")
    register(server, "petya")

    def found(**params):
        return [item["userId"] for item in vasya.get("/v1/users", params=params)["items"]]

    assert found() == [] and found(prefix="pet") == [] and found(prefix="petya") == ["petya"]
    assert found(prefix="petya", after="petya") == [] and found(prefix="nobody") == []
    assert vasya.get("/v1/users/petya")["userId"] == "petya"
