"""The end of connections: requests are answered completely, and those of devices signed out meanwhile are refused."""

import json
import os
import socket
import time

import pytest

from harness.api import PASSWORD, register
from harness.raw import Connection, request_head, upgrade_head
from harness.waiting import eventually


@pytest.fixture
def vasya(server):
    return register(server, "vasya")


@pytest.fixture
def petya(server):
    return register(server, "petya")


def resident(server):
    with open(f"/proc/{server.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def get(device, path, *fields):
    return request_head("GET", path, f"Authorization: Bearer {device.token}", *fields)


def many_events(vasya, petya, calls=60):
    """A cursor of Petya that half a megabyte of events follow."""
    petya.snapshot()
    cursor = petya.cursor
    for _ in range(calls):
        call = vasya.invite("petya", custom={"text": "x" * 3900})
        vasya.step(call["callId"], "cancel")
    return cursor


@pytest.mark.parametrize("path", ["/healthz", "/v1/events?waitSeconds=20"])
def test_data_after_an_upgrade_that_is_not_accepted_is_dropped(server, vasya, path):
    """NIO's decoder stops after such a request, and used to buffer all further data."""
    vasya.snapshot()
    if "events" in path:
        path += f"&cursor={vasya.cursor}"
    with Connection(server, seconds=5) as connection:
        connection.send(get(vasya, path, "Connection: Upgrade", "Upgrade: h2c"))
        before = resident(server)
        try:
            for _ in range(1600):
                connection.socket.sendall(b"x" * 65536)
        except OSError:
            pass
        assert resident(server) - before < 60 * 2**20
    assert server.is_healthy()


def test_a_request_has_no_effect_if_the_device_is_signed_out_before_the_body_arrives(server, vasya):
    other = vasya.request("POST", "/v1/sessions", {"userId": "vasya", "password": PASSWORD}).json()
    body = json.dumps({"displayName": "Somebody else"}).encode()
    with Connection(server) as connection:
        connection.send(request_head(
            "PATCH", "/v1/users/me", f"Authorization: Bearer {other['token']}", "Content-Type: application/json",
            f"Content-Length: {len(body)}"))
        time.sleep(0.3)
        vasya._expect(204, "DELETE", f"/v1/sessions/{other['deviceId']}")
        assert connection.send(body).response()[0] == 401
    assert vasya.get("/v1/users/me")["displayName"] != "Somebody else"


def test_a_poll_is_rejected_if_the_device_is_signed_out_meanwhile(server, vasya):
    other = vasya.request("POST", "/v1/sessions", {"userId": "vasya", "password": PASSWORD}).json()
    vasya.snapshot()
    with Connection(server) as connection:
        connection.send(request_head(
            "GET", f"/v1/events?waitSeconds=5&cursor={vasya.cursor}", f"Authorization: Bearer {other['token']}",
            "Content-Length: 1"))
        time.sleep(0.3)
        vasya._expect(204, "DELETE", f"/v1/sessions/{other['deviceId']}")
        assert connection.send(b"x").response()[0] == 401


@pytest.mark.parametrize("ending", ["half-closed", "Connection: close", "SIGTERM"])
def test_a_slow_reader_gets_the_complete_last_response(server, vasya, petya, ending):
    cursor = many_events(vasya, petya)
    fields = ["Connection: close"] if ending == "Connection: close" else []
    with Connection(server, seconds=30) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(get(petya, f"/v1/events?cursor={cursor}&waitSeconds=0&limit=1000", *fields))
        if ending == "half-closed":
            connection.socket.shutdown(socket.SHUT_WR)
        time.sleep(1)
        if ending == "SIGTERM":
            server.terminate()
        time.sleep(3)
        status, _, body = connection.response()
        assert status == 200 and len(json.loads(body)["events"]) >= 50
        assert connection.is_closed_by_peer()


def test_data_after_the_last_request_does_not_suppress_the_response(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.send(get(vasya, f"/v1/events?cursor={vasya.cursor}&waitSeconds=2", "Connection: close"))
        for _ in range(2):
            time.sleep(0.3)
            connection.send(request_head("GET", "/healthz"))
        assert connection.response()[0] == 200


def test_a_pending_request_at_sigterm_is_answered(server, vasya):
    body = json.dumps({"displayName": "Somebody else"}).encode()
    with Connection(server) as connection:
        connection.send(request_head(
            "PATCH", "/v1/users/me", f"Authorization: Bearer {vasya.token}", "Content-Type: application/json",
            f"Content-Length: {len(body)}"))
        time.sleep(0.3)
        server.terminate()
        time.sleep(0.3)
        status, fields, _ = connection.send(body).response()
        assert status in (200, 503) and fields["connection"] == "close"
    assert server.exit_code() == 0


def test_a_client_that_half_closes_after_its_upgrade_is_not_online(server, vasya, petya):
    with Connection(server) as connection:
        connection.send(upgrade_head(f"Authorization: Bearer {vasya.token}"))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.is_closed_by_peer(5)
    eventually(lambda: petya.get("/v1/users/vasya/presence")["status"] == "offline", 10, "vasya is offline")


def test_a_rejected_stream_does_not_make_the_user_present(server, vasya, petya):
    with Connection(server) as connection:
        assert connection.send(get(vasya, "/v1/events/stream?cursor=0123456789ab.7")).response()[0] == 410
    assert petya.get("/v1/users/vasya/presence")["status"] == "offline"


def test_concurrent_calls_do_not_prevent_erasing_a_user(server, vasya, petya):
    import threading
    stop = threading.Event()

    def invite():
        while not stop.is_set():
            vasya.request("POST", "/v1/calls", {"callee": "petya"})

    threads = [threading.Thread(target=invite, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        begun = time.monotonic()
        petya._expect(204, "DELETE", "/v1/users/me")
        assert time.monotonic() - begun < 10
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    # On a fast machine the threads have used up what Vasya may invite, so the first answers can be 429.
    eventually(lambda: vasya.request("POST", "/v1/calls", {"callee": "petya"}).status_code == 404,
               20, "a call to the erased user is refused as one to nobody")
