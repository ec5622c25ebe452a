"""The end of a sign-in: everything that belongs to it ends, and nothing that belongs to its successor."""

import json
import threading

import pytest
import requests

from harness.api import PASSWORD, Device, register
from harness.raw import TEXT, Connection, RawWebSocket, frame, request_head, upgrade_head
from harness.waiting import eventually

ROUNDS = 30
SUPERSEDED, BAD_TOKEN = 4501, 4500


def sign_in_again(server, device):
    body = {"userId": device.user_id, "password": PASSWORD, "deviceId": device.device_id}
    return requests.post(server.url + "/v1/sessions", json=body, timeout=20).json()["token"]


def socket_with(server, token):
    """Opens a socket with a token; returns None if it was rejected."""
    connection = Connection(server)
    connection.send(upgrade_head(f"Authorization: Bearer {token}"))
    status, _ = connection.head()
    assert status in (101, 401), status
    if status == 401:
        connection.socket.close()
        return None
    connection.__class__ = RawWebSocket
    return connection


def answers(socket):
    socket.send(frame(TEXT, json.dumps({"id": 1, "op": "getMe"}).encode()))
    while (received := socket.next_frame()) is not None:
        if received[0] == TEXT and json.loads(received[1]).get("id") == 1:
            return json.loads(received[1])["status"] == 200
    return False


def test_sockets_opened_while_the_device_signs_in_again_are_closed(server):
    device = register(server, "vasya")
    token = device.token
    for round_number in range(ROUNDS):
        opened, lock = [], threading.Lock()

        def keep_opening(token=token, opened=opened, lock=lock):
            for _ in range(4):
                socket = socket_with(server, token)
                if socket:
                    with lock:
                        opened.append(socket)

        openers = [threading.Thread(target=keep_opening) for _ in range(3)]
        for opener in openers:
            opener.start()
        token = sign_in_again(server, device)
        owner = socket_with(server, token)
        for opener in openers:
            opener.join()
        for socket in opened:
            with socket:
                assert socket.close_code() in (SUPERSEDED, BAD_TOKEN), f"round {round_number}"
        with owner:
            assert answers(owner), f"the owner's socket was closed in round {round_number}"


@pytest.mark.parametrize("path", ["/v1/events/stream", "/v1/events?waitSeconds=30&cursor="])
def test_streams_and_polls_opened_while_the_device_signs_in_again_end(server, path):
    device = register(server, "vasya")
    device.snapshot()
    token = device.token
    for round_number in range(ROUNDS // 3):
        connections = []

        def begin(token=token, connections=connections):
            for _ in range(6):
                connection = Connection(server)
                target = path + device.cursor if path.endswith("=") else path
                connections.append(connection.send(request_head("GET", target, f"Authorization: Bearer {token}")))

        opener = threading.Thread(target=begin)
        opener.start()
        token = sign_in_again(server, device)
        opener.join()
        for connection in connections:
            with connection:
                connection.socket.settimeout(5)
                while b"\r\n0\r\n\r\n" not in connection.buffer and not whole(connection.buffer):
                    assert connection._more(), f"round {round_number}: {connection.buffer!r}"


def whole(answer):
    """Whether the buffer holds a complete response with a length."""
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return b"content-length" in fields and len(body) >= int(fields[b"content-length"])


def test_a_ticket_created_with_a_stolen_token_is_invalid_after_the_owner_has_signed_in(server):
    device = register(server, "vasya")
    ticket = device.post("/v1/tickets", expect=201)["ticket"]
    other = device.post("/v1/tickets", expect=201)["ticket"]
    sign_in_again(server, device)
    assert requests.get(f"{server.url}/v1/events/stream?ticket={ticket}", timeout=10).status_code == 401
    with Connection(server) as connection:
        head = upgrade_head().replace(b"/v1/socket", f"/v1/socket?ticket={other}".encode())
        assert connection.send(head).head()[0] == 401


def test_all_devices_can_be_signed_out_at_once(server):
    phone = register(server, "vasya")
    laptop, bystander = Device(server, "vasya"), register(server, "petya")
    sockets = [RawWebSocket(server, device) for device in (phone, laptop)]
    quiet = RawWebSocket(server, bystander)
    for device in (phone, laptop):
        device.snapshot()
    polls = [threading.Thread(target=device.request, args=("GET", f"/v1/events?waitSeconds=30&cursor={device.cursor}"))
             for device in (phone, laptop)]
    for poll in polls:
        poll.start()
    answer = phone.request("DELETE", "/v1/sessions")
    assert (answer.status_code, answer.json()) == (200, {"endedSessions": 2})
    for socket in sockets:
        with socket:
            assert socket.close_code() == SUPERSEDED
    for poll in polls:
        poll.join(10)
        assert not poll.is_alive()
    for device in (phone, laptop):
        device.get("/v1/users/me", expect=401)
    with quiet:
        assert answers(quiet)
    again = Device(server, "vasya")
    assert [item["deviceId"] for item in again.get("/v1/sessions")["items"]] == [again.device_id]


def test_passwords_are_not_written_to_disk(server):
    device = register(server, "vasya")
    secret = "a password that nobody keeps"
    body = {"password": secret, "oldPassword": PASSWORD}
    for _ in range(2):
        answer = device.request("PATCH", "/v1/users/me", body, headers={"Idempotency-Key": "a-key"})
        assert answer.status_code == 200, answer.text
    assert answer.json()["endedSessions"] == 0
    # The key that was sent with the password can be used for another request.
    name = device.request("PATCH", "/v1/users/me", {"displayName": "V"}, headers={"Idempotency-Key": "a-key"})
    assert name.json()["displayName"] == "V"
    eventually(lambda: not stored(server, secret), 5, "the password is in no file")


def stored(server, text):
    files = server.database.parent.glob(server.database.name + "*")
    return [file for file in files if file.is_file() and text.encode() in file.read_bytes()]
