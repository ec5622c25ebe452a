"""Waiting long polls: requests after them on the same connection, and what ends them."""

import socket
import time

import pytest

from harness.api import register
from harness.raw import AfterUpgrade, Connection, request_head, upgrade_head
from harness.waiting import Together, eventually


@pytest.fixture
def vasya(server):
    return register(server, "vasya")


def get(device, path, *fields):
    return request_head("GET", path, f"Authorization: Bearer {device.token}", *fields)


def poll(device, *fields, wait=30, cursor=None):
    return get(device, f"/v1/events?cursor={cursor or device.cursor}&waitSeconds={wait}", *fields)


def parked(connection, device, behind=b"", wait=30):
    """A connection on which a poll of the device waits."""
    before = streams(device)
    connection.send(poll(device, wait=wait) + behind)
    eventually(lambda: streams(device) == before + 1, 10, "the poll is parked")
    return connection


def streams(device):
    lines = device.http.get(device.server.url + "/metrics", timeout=10).text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("ringback_streams "))


def test_polls_and_the_snapshot_share_a_connection_and_return_events_immediately(server, vasya):
    petya = register(server, "petya")
    with Connection(server) as connection:
        status, _, body = connection.send(get(petya, "/v1/events")).response()
        assert status == 200 and b'"calls":[]' in body
        petya.snapshot()
        for _ in range(3):
            parked(connection, petya)
            call_id = vasya.invite("petya")["callId"]
            status, _, body = connection.response()
            assert status == 200 and call_id.encode() in body and b'"call.incoming"' in body
            vasya.step(call_id, "cancel")
            petya.snapshot()


def test_the_response_equals_that_to_an_unusual_request(start_server):
    server = start_server("--allowed-origins", "https://a.example")
    vasya = register(server, "vasya")
    vasya.snapshot()
    for path in ["/v1/events", f"/v1/events?cursor={vasya.cursor}&waitSeconds=0"]:
        answers = []
        for fields in [(), ("Accept: application/json;q=0.9, text/plain",)]:
            with Connection(server) as connection:
                connection.send(get(vasya, path, *fields))
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.socket.recv(1)
                connection.buffer = head + connection.buffer
                status, values, body = connection.response()
                names = [line.split(b":")[0] for line in head.split(b"\r\n")[1:]]
                assert values.pop("date").endswith(" GMT")
                answers.append((status, names, values, body))
        assert answers[0] == answers[1]


def test_the_date_is_todays(server, vasya):
    with Connection(server) as connection:
        date = connection.send(get(vasya, "/v1/events")).response()[1]["date"]
    moment = time.mktime(time.strptime(date, "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    assert abs(time.time() - moment) < 60 and date == time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(moment))


def test_a_poll_without_events_returns_an_empty_page(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        begun = time.monotonic()
        status, _, body = connection.send(poll(vasya, wait=2)).response()
        assert 1.9 < time.monotonic() - begun < 6
        assert status == 200 and body == f'{{"events":[],"cursor":"{vasya.cursor}"}}'.encode()
        assert connection.send(poll(vasya, wait=0)).response()[0] == 200


def test_requests_after_a_parked_poll_are_answered_in_order(server, vasya):
    vasya.snapshot()
    behind = poll(vasya, wait=0) + get(vasya, "/v1/users/me/x") + get(vasya, "/healthz") + poll(vasya, wait=0)
    with Connection(server) as connection:
        parked(connection, vasya, behind, wait=2)
        connection.send(get(vasya, "/healthz"))
        assert [connection.response()[0] for _ in range(6)] == [200, 200, 404, 200, 200, 200]


def test_a_flood_after_a_parked_poll_is_not_read(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        parked(connection, vasya, wait=5)
        connection.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            while True:
                connection.socket.sendall(get(vasya, "/healthz", "X-Filler: " + "x" * 8000) * 100)
    # The end of the connection follows unread data, so it is noticed only when the poll ends.
    eventually(lambda: streams(vasya) == 0, 15, "the poll is gone")
    assert server.is_healthy()


@pytest.mark.parametrize(
    "path, token, status", [
        ("?cursor=nonsense", None, 410), ("?cursor=0123456789ab.7", None, 410), ("?waitSeconds=x", None, 422),
        ("?cursor=%20", None, 422), ("", "nonsense", 401),
    ])
def test_an_invalid_poll_is_rejected(server, vasya, path, token, status):
    with Connection(server) as connection:
        vasya.token = token or vasya.token
        actual, fields, _ = connection.send(get(vasya, "/v1/events" + path)).response()
        assert actual == status and fields["content-type"] == "application/problem+json"
        assert connection.send(get(vasya, "/healthz")).response()[0] == 200


def test_a_poll_may_be_followed_by_a_websocket(server, vasya):
    with Connection(server) as connection:
        assert connection.send(get(vasya, "/v1/events")).response()[0] == 200
        connection.send(upgrade_head(f"Authorization: Bearer {vasya.token}"))
        assert connection.head()[0] == 101
        assert b'"welcome"' in AfterUpgrade(connection).next_frame()[1]


def test_the_poll_of_a_disconnected_client_ends(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        parked(connection, vasya)
    eventually(lambda: streams(vasya) == 0, 10, "the poll is gone")


def test_a_client_that_says_no_more_is_answered_and_closed(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        parked(connection, vasya, get(vasya, "/healthz"))
        connection.socket.shutdown(socket.SHUT_WR)
        assert [connection.response()[0] for _ in range(2)] == [200, 200]
        assert connection.is_closed_by_peer()


def test_signing_out_ends_the_parked_polls_of_the_device(server, vasya):
    vasya.snapshot()
    with Connection(server) as first, Connection(server) as second:
        parked(first, vasya)
        parked(second, vasya)
        vasya._expect(204, "DELETE", f"/v1/sessions/{vasya.device_id}")
        for connection in (first, second):
            assert connection.response()[0] == 200
            assert connection.send(poll(vasya)).response()[0] == 401


def test_the_number_of_polls_of_a_device_is_limited(start_server):
    server = start_server("--device-connections", "2")
    vasya = register(server, "vasya")
    vasya.snapshot()
    with Connection(server) as first, Connection(server) as second, Connection(server) as third:
        parked(first, vasya)
        parked(second, vasya)
        assert third.send(poll(vasya)).response()[0] == 429
        first.socket.close()
        eventually(lambda: streams(vasya) == 1, 10, "the first poll is gone")
        parked(third, vasya)


def test_sigterm_answers_parked_polls_and_the_requests_after_them(server, vasya):
    vasya.snapshot()
    with Connection(server) as connection:
        parked(connection, vasya)
        waiting = Together(connection.response)
        server.terminate()
        assert waiting.result(10)[0] == 200
        assert connection.is_closed_by_peer()
    assert server.exit_code() == 0
