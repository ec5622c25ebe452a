"""What one user, and one address, may have and open at a time, however many devices or users there are."""

import contextlib

import pytest
import requests

from harness.api import PASSWORD, Device, register
from harness.raw import AfterUpgrade, Connection, RawWebSocket, request_head, upgrade_head
from harness.waiting import eventually

OFFICE = {"X-Forwarded-For": "192.0.2.1"}
ELSEWHERE = {"X-Forwarded-For": "192.0.2.2"}


def fields(device, source=None):
    return [f"Authorization: Bearer {device.token}", *(f"{name}: {value}" for name, value in (source or {}).items())]


def opening(kind, device, source=None):
    """The request for a stream, a socket or a poll that waits."""
    if kind == "socket":
        return upgrade_head(*fields(device, source))
    path = "/v1/events/stream" if kind == "stream" else f"/v1/events?cursor={device.cursor}&waitSeconds=30"
    return request_head("GET", path, *fields(device, source))


def count(server):
    lines = requests.get(server.url + "/metrics", timeout=10).text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("ringback_streams "))


@contextlib.contextmanager
def waiting_polls(server, *devices, source=None):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Connection(server)) for _ in devices]
        for connection, device in zip(connections, devices):
            device.snapshot()
            connection.send(opening("poll", device, source))
        eventually(lambda: count(server) == len(devices), 10, "the polls wait")
        yield connections


@pytest.mark.parametrize("kind", ["poll", "stream"])
def test_the_connections_of_a_user_are_limited_on_all_devices_together(start_server, kind):
    server = start_server("--user-connections", "2")
    phone = register(server, "vasya")
    tablet = Device(server, "vasya")
    with waiting_polls(server, phone, tablet) as connections:
        with Connection(server) as third:
            status, head, body = third.send(opening(kind, tablet)).response()
            assert (status, head["retry-after"]) == (429, "5") and b"too_many_connections" in body
        with RawWebSocket(server, tablet) as socket:
            assert socket.close_code() == 4004
        connections[0].socket.close()
        eventually(lambda: count(server) == 1, 10, "the poll is gone")
        with Connection(server) as third:
            assert third.send(opening("stream", tablet)).head()[0] == 200


def test_the_connections_of_an_address_are_limited_behind_a_proxy_too(start_server):
    server = start_server("--address-connections", "2")
    vasya, petya, anna = (register(server, user) for user in ["vasya", "petya", "anna"])
    with waiting_polls(server, vasya, petya, source=OFFICE):
        anna.snapshot()
        with Connection(server) as third:
            assert third.send(opening("poll", anna, OFFICE)).response()[0] == 429
        with Connection(server) as third:
            assert third.send(opening("stream", anna, ELSEWHERE)).head()[0] == 200


@pytest.mark.parametrize("kind", ["socket", "stream"])
@pytest.mark.parametrize("option, source, policy", [
    ("--address-connections", OFFICE, "address-connections"), ("--device-connections", None, "device-connections"),
    ("--user-connections", None, "user-connections")])
def test_twice_as_many_can_be_opened_in_a_minute_as_there_may_be(start_server, kind, option, source, policy):
    server = start_server(option, "2")
    vasya = register(server, "vasya")
    accepted = 101 if kind == "socket" else 200
    for _ in range(4):
        with Connection(server) as connection:
            assert connection.send(opening(kind, vasya, source)).head()[0] == accepted
        eventually(lambda: count(server) == 0, 10, "it is closed")
    with Connection(server) as connection:
        status, head, body = connection.send(opening(kind, vasya, source)).response()
    assert status == 429 and b"rate_limited" in body and int(head["retry-after"]) <= 15
    assert head["ratelimit-policy"] == f'"{policy}";q=4;w=60' and head["ratelimit"].startswith(f'"{policy}";r=0;t=')


def test_a_socket_with_a_ticket_is_told_by_its_close_code(start_server):
    server = start_server("--device-connections", "1")
    vasya = register(server, "vasya")
    codes = []
    for _ in range(3):
        ticket = vasya.post("/v1/tickets", expect=201)["ticket"]
        with Connection(server) as connection:
            assert connection.send(upgrade_head(path=f"/v1/socket?ticket={ticket}")).head()[0] == 101
            socket = AfterUpgrade(connection)
            codes.append(socket.close_code() if len(codes) == 2 else socket.next_frame() and None)
        eventually(lambda: count(server) == 0, 10, "it is closed")
    assert codes == [None, None, 4004]


def test_writes_and_invitations_of_an_address_are_limited_for_all_its_users_together(start_server):
    server = start_server("--address-writes", "2", "--address-invites", "1")
    vasya, petya = register(server, "vasya"), register(server, "petya")

    def watch(device, source):
        return device.request("PUT", "/v1/users/me/watching", {"userIds": []}, headers=source)

    accepted = 0
    while (refused := watch([vasya, petya][accepted % 2], OFFICE)).status_code == 200:
        accepted += 1
        assert accepted < 100
    assert accepted >= 4 and refused.status_code == 429
    assert refused.headers["RateLimit-Policy"] == '"address-writes";q=4;w=2'
    assert watch(petya, ELSEWHERE).status_code == watch(petya, {}).status_code == 200

    def invite(source):
        return vasya.request("POST", "/v1/calls", {"callee": "petya"}, headers=source)

    answers = [invite(ELSEWHERE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["RateLimit-Policy"] == '"address-invites";q=2;w=2'
    assert invite({}).status_code == 201


def test_the_live_calls_of_an_address_are_limited_for_all_its_users_together(start_server):
    server = start_server("--address-calls", "2")
    vasya, petya, anna = (register(server, user) for user in ["vasya", "petya", "anna"])

    def invite(caller, callee, source=OFFICE):
        return caller.request("POST", "/v1/calls", {"callee": callee}, headers=source)

    first = invite(vasya, "anna").json()["callId"]
    assert invite(petya, "anna").status_code == 201
    refused = invite(vasya, "petya")
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "10"
    assert invite(vasya, "petya", ELSEWHERE).status_code == 201
    anna.step(first, "decline")
    assert invite(anna, "vasya").status_code == 201
    assert invite(anna, "petya").status_code == 429


def test_polls_that_are_answered_at_once_are_limited(start_server):
    server = start_server("--device-writes", "2")
    vasya = register(server, "vasya")
    vasya.snapshot()
    path = f"/v1/events?cursor={vasya.cursor}&waitSeconds=0"
    statuses = [vasya.request("GET", path).status_code for _ in range(12)]
    assert 429 in statuses and statuses[:3] == [200] * 3
