"""Who may register, and how many may try from one address. By default registration is closed."""

import json

import pytest
import requests
from websockets.sync.client import connect

from harness.api import PASSWORD, register
from harness.server_key import Backend

NEW = {"userId": "masha", "password": PASSWORD}


def over_socket(server, token):
    address = server.url.replace("http", "ws") + "/v1/socket"
    with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        socket.send(json.dumps({"id": "x", "op": "registerUser", "data": NEW}))
        while True:
            frame = json.loads(socket.recv(10))
            if frame.get("id") == "x":
                return frame["status"]


@pytest.mark.parametrize("registration", [None, "closed"])
def test_registration_is_closed_over_http_and_over_a_socket(start_server, registration):
    server = start_server(registration=registration)
    answer = requests.post(server.url + "/v1/users", json=NEW, timeout=10)
    assert answer.status_code == 403 and answer.json()["code"] == "forbidden"
    assert "--registration open" in answer.json()["detail"]
    assert "registration: closed" in server.log.read_text()
    backend = Backend(server)
    backend.expect(201, "POST", "/platform/users", {"userId": "petya"})
    token = backend.expect(201, "POST", "/platform/users/petya/sessions")["token"]
    assert over_socket(server, token) == 403
    backend.expect(404, "GET", "/platform/users/masha")


def test_open_registration_is_open_over_http_and_over_a_socket(server):
    assert over_socket(server, register(server, "petya").token) == 201
    assert "registration: open" in server.log.read_text()


def test_the_first_user_of_a_server_signs_in_to_the_demo(start_server, red_browser):
    server = start_server(registration=None)
    user = {"userId": "masha", "displayName": "Masha", "password": PASSWORD}
    Backend(server, scopes="users").expect(201, "POST", "/platform/users", user)
    page = red_browser.new_page(locale="en")
    page.goto(server.url)
    assert "Registration is closed" in page.inner_text("#welcome") and "No registration" not in page.inner_text("#welcome")
    page.fill("#name", "Petya")
    page.fill("#password", PASSWORD)
    page.click("#sign-in")
    page.wait_for_selector("#sign-in-words.error")
    assert "password" in page.inner_text("#sign-in-words") and page.get_attribute("body", "data-state") == "signed-out"
    page.fill("#password", "")
    page.click("#sign-in")
    page.wait_for_selector("#sign-in-words:has-text('Registration is closed')")
    page.fill("#name", "Masha")
    page.fill("#password", PASSWORD)
    page.click("#sign-in")
    page.wait_for_selector("body[data-state=idle]")
    page.wait_for_selector("#people-empty")
    assert not page.is_visible("#second-window")
    page.reload()
    page.wait_for_selector("body[data-state=idle]")


def test_registration_is_closed_where_a_platform_has_its_own_users(start_server):
    """Otherwise somebody could register as a user of the platform who has not come yet."""
    server = start_server(
        "--jwt-issuer", "chat", registration=None,
        environment={"RINGBACK_JWT_SECRET": "a secret of the platform, long enough"})
    assert requests.post(server.url + "/v1/users", json=NEW, timeout=10).status_code == 403


@pytest.mark.parametrize("path, body, limit", [
    ("/v1/users", NEW, "address-registrations"),
    ("/v1/sessions", {"userId": "nobody", "password": PASSWORD}, "address-sign-ins")])
def test_an_address_may_try_only_so_often(start_server, path, body, limit):
    server = start_server(f"--{limit}", "3")
    one, other = ({"X-Forwarded-For": address} for address in ("2001:db8:1:2::3", "2001:db8:1:3::3"))
    statuses = [requests.post(server.url + path, json=body, headers=one, timeout=20).status_code for _ in range(3)]
    assert 429 not in statuses
    neighbour = {"X-Forwarded-For": "2001:db8:1:2:ffff::4"}  # of the same 64 bits
    refused = requests.post(server.url + path, json=body, headers=neighbour, timeout=20)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) in range(15, 21)
    assert refused.headers["RateLimit-Policy"] == f'"{limit}";q=3;w=60'
    assert refused.headers["RateLimit"] == f'"{limit}";r=0;t={refused.headers["Retry-After"]}'
    assert requests.post(server.url + path, json=body, headers=other, timeout=20).status_code != 429
