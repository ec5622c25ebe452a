"""Webhooks: what a service outside is told, by a server that crashes, and while other endpoints are slow or dead."""

import subprocess
import time

import pytest
import requests

from harness.api import PASSWORD, register
from harness.contract import Contract
from harness.hooks import Endpoint, call_of, write_configuration
from harness.server import binary
from harness.server_key import Backend
from harness.waiting import eventually

ADMIN = "the-administrators-token"
AS_ADMIN = {"Authorization": f"Bearer {ADMIN}"}


@pytest.fixture
def endpoint():
    endpoints = []

    def start(**options):
        endpoints.append(Endpoint(**options))
        return endpoints[-1]

    yield start
    for each in endpoints:
        each.close()


@pytest.fixture
def serve(start_server, tmp_path):
    def start(*endpoints, **where):
        file = write_configuration(tmp_path / "webhooks.json", *endpoints)
        return start_server("--webhooks", str(file), "--admin-token", ADMIN, **where)

    return start


def missed_call(vasya, callee="petya"):
    call_id = vasya.invite(callee)["callId"]
    vasya.step(call_id, "cancel")
    return call_id


def test_a_service_is_told_of_users_and_calls(serve, endpoint):
    hook = endpoint()
    server = serve(("all", hook, {}))
    vasya, petya = register(server, "vasya"), register(server, "petya")
    call_id = vasya.invite("petya")["callId"]
    eventually(lambda: "call.incoming" in hook.types(call_id), 5, "the call is announced")
    incoming = next(m for m in hook.messages if m["type"] == "call.incoming")
    # With what the message has, a phone that was asleep finds the call and its event.
    assert petya.get(f"/v1/calls/{call_id}")["state"] == "inviting"
    events = petya.get("/v1/events", params={"cursor": incoming["data"]["cursor"]})["events"]
    assert [event["type"] for event in events] == ["call.incoming"]
    petya.step(call_id, "accept")
    petya.hang_up(call_id)
    requests.delete(server.url + "/v1/users/me", headers=petya.http.headers, timeout=10).raise_for_status()
    eventually(lambda: "user.erased" in hook.types(), 5, "the erased user is announced")
    assert hook.types(call_id) == ["call.incoming", "call.answered", "call.ended"]
    assert sorted(m["data"]["user"]["userId"] for m in hook.messages if m["type"] == "user.created") == ["petya", "vasya"]
    ended = next(m for m in hook.messages if m["type"] == "call.ended")["data"]["call"]
    assert ended["reason"] == "completed" and ended["talkSeconds"] == 0 and "ringSeconds" in ended
    assert len(set(hook.ids)) == len(hook.ids)


def test_an_endpoint_gets_only_its_types(serve, endpoint):
    missed, users = endpoint(), endpoint()
    server = serve(("missed", missed, {"types": ["call.missed"]}), ("users", users, {"types": ["user.created"]}))
    vasya = register(server, "vasya")
    register(server, "petya")
    call_id = missed_call(vasya)
    eventually(lambda: missed.messages and len(users.messages) == 2, 5, "both are told")
    assert missed.types() == ["call.missed"] and call_of(missed.messages[0]) == call_id


def test_messages_of_a_call_keep_their_order_over_failures(serve, endpoint):
    failures = {"call.missed": 2}

    def respond(message):
        if failures.get(message["type"], 0) > 0:
            failures[message["type"]] -= 1
            return 500
        return 200

    hook = endpoint(respond=respond)
    server = serve(("all", hook, {"types": ["call.incoming", "call.missed", "call.ended"]}))
    vasya = register(server, "vasya")
    register(server, "petya")
    call_id = missed_call(vasya)
    eventually(lambda: len(hook.messages) == 3, 15, "all arrive")
    assert hook.types(call_id) == ["call.incoming", "call.missed", "call.ended"]


def test_a_slow_endpoint_delays_no_other(serve, endpoint):
    slow, quick = endpoint(respond=lambda _: None), endpoint()
    server = serve(("slow", slow, {}), ("quick", quick, {}))
    vasya = register(server, "vasya")
    register(server, "petya")
    begin = time.monotonic()
    for _ in range(30):
        missed_call(vasya)
    eventually(lambda: quick.types().count("call.ended") == 30, 10, "the other endpoint is told of everything")
    assert time.monotonic() - begin < 10


def test_nothing_is_lost_when_the_server_is_killed(serve, endpoint):
    hook = endpoint()
    hook.close()
    server = serve(("all", hook, {"types": ["call.missed"]}))
    vasya = register(server, "vasya")
    register(server, "petya")
    calls = []
    for _ in range(3):
        calls += [missed_call(vasya) for _ in range(10)]
        server.kill9()
        server.restart()
    again = endpoint(port=hook.server.server_port)
    again.secret = hook.secret
    eventually(lambda: len(set(map(call_of, again.messages))) == 30, 30, "every call is announced")
    assert set(map(call_of, again.messages)) == set(calls)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "https://localhost:1/", "https://[::1]:1/", "https://10.0.0.1/"])
def test_private_addresses_are_refused_unless_allowed(serve, url):
    server = serve(("inside", url, {"addresses": "public"}))
    done = command(server, "test", "inside")
    assert done.returncode == 1 and "not public" in done.stdout + done.stderr


def test_redirects_are_not_followed(serve, endpoint):
    elsewhere = endpoint()
    hook = endpoint(respond=lambda _: 307, location=elsewhere.url)
    server = serve(("moved", hook, {}))
    done = command(server, "test", "moved")
    assert done.returncode == 1 and "status 307" in done.stderr
    assert elsewhere.messages == []


def command(server, *arguments, token={"RINGBACK_ADMIN_TOKEN": ADMIN}):
    return subprocess.run(
        [binary(), "webhooks", *arguments, "--server", server.url], capture_output=True, text=True, timeout=60,
        env={**token, "HOME": "/"})


def test_deliveries_are_listed_and_replayed(serve, endpoint):
    status = [410]
    hook = endpoint(respond=lambda _: status[0])
    server = serve(("crm", hook, {"types": ["call.missed"]}))
    vasya = register(server, "vasya")
    register(server, "petya")
    missed_call(vasya)

    def failed():
        return command(server, "list", "--status", "failed").stdout.split()

    line = eventually(failed, 5, "the message is given up")
    assert "410" in line
    contract = Contract(requests.get(server.url + "/openapi.yaml", timeout=10).content)
    http = requests.Session()
    http.headers = AS_ADMIN
    http.hooks["response"].append(contract.check)
    for path in ("", "/deliveries", "/deliveries?status=failed&webhook=crm", f"/deliveries/{line[0]}"):
        assert http.get(f"{server.url}/v1/webhooks{path}", timeout=10).status_code == 200
    for path, expected in (("/deliveries/msg_x_1", 404), ("/deliveries?status=odd", 422), ("/deliveries?webhook=no", 404)):
        assert http.get(f"{server.url}/v1/webhooks{path}", timeout=10).status_code == expected
    status[0] = 200
    assert command(server, "replay", "--failed", "crm").returncode == 0
    eventually(lambda: hook.ids == [line[0]], 5, "it is delivered with the same identifier")
    assert command(server, "test", "crm").returncode == 0
    assert hook.types()[-1] == "webhook.test"
    assert "crm" in command(server, "list").stdout
    key = Backend(server, scopes="webhooks").key
    assert "crm" in command(server, "list", token={"RINGBACK_SERVER_KEY": key}).stdout
    key = Backend(server, "other", scopes="users").key
    assert "scope webhooks" in command(server, "list", token={"RINGBACK_SERVER_KEY": key}).stderr
    assert http.post(f"{server.url}/v1/webhooks/crm/test", timeout=10).status_code == 202
    assert http.post(f"{server.url}/v1/webhooks/no/test", timeout=10).status_code == 404


def test_a_secret_can_be_rotated(start_server, endpoint):
    hook, new = endpoint(), endpoint()
    server = start_server(
        "--webhook-url", hook.url, "--webhook-addresses", "any", "--admin-token", ADMIN,
        environment={"RINGBACK_WEBHOOK_SECRETS": f"{new.secret},{hook.secret}"})
    assert command(server, "test", "default").returncode == 0
    hook.secret = new.secret
    assert command(server, "test", "default").returncode == 0


@pytest.mark.parametrize("options, says", [
    (["--webhook-url", "http://example.org/"], "https://"),
    (["--webhook-url", "https://user:secret@example.org/"], "without a user"),
    (["--webhook-url", "https://example.org/", "--webhook-types", "call.lost"], "call.incoming"),
])
def test_a_wrong_configuration_is_explained(options, says, tmp_path):
    done = subprocess.run(
        [binary(), "serve", "--port", "0", "--database", str(tmp_path / "x.sqlite"), *options], capture_output=True,
        text=True, timeout=30, env={"RINGBACK_WEBHOOK_SECRETS": Endpoint().secret})
    assert done.returncode == 64 and says in done.stderr
    assert "user:secret" not in done.stderr
