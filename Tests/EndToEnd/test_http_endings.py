"""How connections end: what has been asked is answered whole, and who was signed out meanwhile is not answered at all."""

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
    """A cursor of petya's with half a megabyte of events behind it."""
    petya.snapshot()
    cursor = petya.cursor
    for _ in range(calls):
        call = vasya.invite("petya", custom={"text": "x" * 3900})
        vasya.step(call["callId"], "cancel")
    return cursor


@pytest.mark.parametrize("path", ["/healthz", "/v1/events?waitSeconds=20"])
def test_what_comes_behind_an_upgrade_that_is_not_taken_up_is_dropped(server, vasya, path):
    """NIO's decoder stops behind such a request, and kept all that came."""
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


def test_a_device_that_is_signed_out_before_its_body_has_come_changes_nothing(server, vasya):
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


def test_a_poll_of_a_device_that_is_signed_out_before_its_end_is_refused(server, vasya):
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
def test_a_slow_reader_gets_all_of_the_last_answer(server, vasya, petya, ending):
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
        assert status == 200 and len(json.loads(body)["events"]) >= 60
        assert connection.is_closed_by_peer()


def test_an_answer_is_not_lost_to_what_comes_behind_the_last_request(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.send(get(vasya, f"/v1/events?cursor={vasya.cursor}&waitSeconds=2", "Connection: close"))
        for _ in range(2):
            time.sleep(0.3)
            connection.send(request_head("GET", "/healthz"))
        assert connection.response()[0] == 200


def test_a_request_that_is_under_way_at_sigterm_is_answered(server, vasya):
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


def test_a_client_that_half_closes_behind_its_upgrade_is_not_online(server, vasya, petya):
    with Connection(server) as connection:
        connection.send(upgrade_head(f"Authorization: Bearer {vasya.token}"))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.is_closed_by_peer(5)
    eventually(lambda: petya.get("/v1/users/vasya/presence")["status"] == "offline", 10, "vasya is offline")


def test_a_stream_that_is_refused_makes_nobody_present(server, vasya, petya):
    with Connection(server) as connection:
        assert connection.send(get(vasya, "/v1/events/stream?cursor=0123456789ab.7")).response()[0] == 410
    assert petya.get("/v1/users/vasya/presence")["status"] == "offline"


def test_calls_that_come_meanwhile_do_not_keep_a_user_from_being_erased(server, vasya, petya):
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
    assert vasya.request("POST", "/v1/calls", {"callee": "petya"}).status_code == 404
