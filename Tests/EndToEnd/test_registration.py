"""Who may register, and how many may try from one address."""

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


def test_closed_registration_is_closed_over_http_and_over_a_socket(start_server):
    server = start_server(registration="closed")
    answer = requests.post(server.url + "/v1/users", json=NEW, timeout=10)
    assert answer.status_code == 403 and answer.json()["code"] == "forbidden"
    backend = Backend(server)
    backend.expect(201, "POST", "/platform/users", {"userId": "petya"})
    token = backend.expect(201, "POST", "/platform/users/petya/sessions")["token"]
    assert over_socket(server, token) == 403
    backend.expect(404, "GET", "/platform/users/masha")


def test_open_registration_is_open_over_http_and_over_a_socket(server):
    assert over_socket(server, register(server, "petya").token) == 201


def test_registration_is_closed_where_a_platform_has_its_own_users(start_server):
    """Otherwise somebody could register as a user of the platform who has not come yet."""
    server = start_server("--jwt-secret", "a secret of the platform, long enough", registration=None)
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
