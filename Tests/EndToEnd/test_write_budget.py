"""What a user may write is limited in bytes, for all devices and over every transport together; what ends something is not limited."""

import json

import pytest
from websockets.sync.client import connect

from harness.api import Device, register

LARGE = {"text": "x" * 4000}


def invite_until_refused(device):
    """Invitations with much data, each canceled at once, until one is refused for its size."""
    for _ in range(100):
        response = device.request("POST", "/v1/calls", {"callee": "petya", "custom": LARGE})
        if response.status_code != 201:
            return response
        device.step(response.json()["callId"], "cancel")
    raise AssertionError("nothing was refused")


def test_a_user_who_writes_too_many_bytes_is_told_to_wait_and_others_are_not_affected(start_server):
    server = start_server("--user-write-kilobytes", "2")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    call_id = vasya.invite("petya")["callId"]
    petya.step(call_id, "accept")
    refused = invite_until_refused(vasya)
    assert refused.status_code == 429 and refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 3
    other = Device(server, "vasya")
    assert other.request("POST", "/v1/calls", {"callee": "petya", "custom": LARGE}).status_code == 429, "the user's budget"
    assert petya.request("PUT", f"/v1/calls/{call_id}/media", {"held": True}).status_code == 200
    vasya.hang_up(call_id)
    other.request("DELETE", f"/v1/sessions/{other.device_id}").raise_for_status()


CANDIDATE = {"candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host " + "x" * 1500, "sdpMid": "0"}


@pytest.mark.parametrize("operation, data", [("setMedia", {"held": True}), ("addCandidates", {"candidates": [CANDIDATE]})])
def test_requests_of_a_socket_are_counted_as_well(start_server, operation, data):
    server = start_server("--user-write-kilobytes", "2")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    call_id = vasya.invite("petya")["callId"]
    petya.step(call_id, "accept")
    address = server.url.replace("http", "ws") + "/v1/socket"
    with connect(address, additional_headers={"Authorization": f"Bearer {vasya.token}"}) as socket:
        socket.recv()

        def answer(name, op, data):
            socket.send(json.dumps({"id": name, "op": op, "data": data}))
            while True:
                message = json.loads(socket.recv(timeout=5))
                if message.get("id") == name and "status" in message:
                    return message

        statuses = [answer(str(number), operation, {"callId": call_id, **data})["status"] for number in range(240)]
        assert statuses[0] < 300 and statuses[-1] == 429
        assert answer("end", "hangUp", {"callId": call_id, "reason": "completed"})["status"] == 200


def test_all_users_of_an_address_share_a_budget(start_server):
    """Accounts cost nothing where anybody may register: with 600 of them, one client had everybody's histories removed."""
    server = start_server("--address-write-kilobytes", "2")
    office, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    vasya, petya, masha = (register(server, name) for name in ("vasya", "petya", "masha"))
    for device, source in ((vasya, office), (petya, elsewhere), (masha, office)):
        device.http.headers.update(source)
    refused = invite_until_refused(vasya)
    assert refused.status_code == 429 and refused.headers["RateLimit-Policy"].startswith('"address-write-bytes"')
    assert masha.request("POST", "/v1/calls", {"callee": "petya", "custom": LARGE}).status_code == 429
    assert petya.request("POST", "/v1/calls", {"callee": "masha", "custom": LARGE}).status_code == 201
