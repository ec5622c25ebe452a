"""Ringback under a path prefix, `https://example.org/ringback/`, behind nginx."""

import json
from urllib.parse import urljoin

import pytest
import requests

from harness.api import PASSWORD, register
from harness.nginx import Nginx
from harness.phone import Phone
from harness.raw import TEXT, RawWebSocket, frame

PREFIX = "/ringback"
# The path that nginx forwards, and how the server learns the prefix.
SETUPS = {
    "X-Forwarded-Prefix, stripped": ([], {"path": "/", "more": f"proxy_set_header X-Forwarded-Prefix {PREFIX};"}),
    "--base-path, stripped": (["--base-path", PREFIX], {"path": "/"}),
    "--base-path, as it is": (["--base-path", PREFIX + "/"], {}),
}


@pytest.fixture(params=SETUPS.values(), ids=SETUPS.keys())
def proxy(request, start_server, tmp_path):
    options, setup = request.param
    with Nginx(start_server(*options), tmp_path / "nginx", f"{PREFIX}/", **setup) as proxy:
        yield proxy


def test_paths_in_responses_have_the_prefix(proxy):
    body = {"userId": "vasya", "password": PASSWORD}
    answer = requests.post(f"{proxy.url}/v1/users", json=body, timeout=10)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PREFIX}/v1/users/vasya")
    refused = requests.post(f"{proxy.url}/v1/users", json=body, timeout=10)
    assert refused.json()["type"] == f"{PREFIX}/docs#problem-user_exists"
    page = requests.get(urljoin(proxy.url, refused.json()["type"]), timeout=10)
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]


def test_paths_in_socket_responses_have_the_prefix(proxy):
    register(proxy, "petya")
    device = register(proxy, "vasya")
    socket = PrefixedSocket(proxy, device)
    with socket:
        assert b"welcome" in socket.next_frame()[1]
        location = socket.ask("invite", {"callee": "petya"})["location"]
        assert location.startswith(f"{PREFIX}/v1/calls/")
        assert socket.ask("invite", {"callee": "nobody"})["error"]["type"] == f"{PREFIX}/docs#problem-user_not_found"


class PrefixedSocket(RawWebSocket):
    PATH = f"{PREFIX}/v1/socket"

    def ask(self, operation, data):
        self.send(frame(TEXT, json.dumps({"id": 1, "op": operation, "data": data}).encode()))
        while True:
            answer = json.loads(self.next_frame()[1])
            if "id" in answer:
                return answer


@pytest.mark.parametrize("name", ["", "docs", "docs/"])
def test_the_pages_load_their_files(proxy, red_browser, name):
    page = red_browser.new_page()
    failed = []
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.goto(f"{proxy.url}/{name}", wait_until="networkidle")
    assert failed == []
    page.close()


def test_a_page_signs_in_and_gets_its_events(proxy, red_browser):
    context = red_browser.new_context(permissions=["camera", "microphone"])
    phone = Phone(context, proxy, "vasya")
    phone.reaches("idle", 30)
    assert phone.errors == []
    context.close()


def test_a_prefix_from_an_untrusted_client_is_ignored(start_server):
    server = start_server("--trusted-proxies", "192.0.2.1")
    fields = {"X-Forwarded-Prefix": "/evil"}
    answer = requests.get(f"{server.url}/v1/users/me", headers=fields, timeout=10)
    assert answer.json()["type"] == "/docs#problem-unauthenticated"


def test_an_invalid_prefix_is_ignored(server):
    for prefix in ("https://evil.example", "//evil.example", "/a b", '/"', "/a/../b", "/" + 300 * "a"):
        answer = requests.get(f"{server.url}/v1/users/me", headers={"X-Forwarded-Prefix": prefix}, timeout=10)
        assert answer.json()["type"] == "/docs#problem-unauthenticated"
