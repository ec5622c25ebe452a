"""How many connections an address may have, who gives way to whom, and what wrong tokens cost."""

import contextlib
import os
import subprocess
import time

import pytest

from harness.api import register
from harness.raw import TEXT, Connection, RawWebSocket, frame, request_head
from harness.waiting import eventually

HEALTH = request_head("GET", "/healthz")


@pytest.fixture
def opened():
    """Opens idle connections, each of which has had an answer."""
    with contextlib.ExitStack() as stack:
        def open_one(server, source=None):
            connection = stack.enter_context(Connection(server, source=source))
            assert connection.send(HEALTH).response()[0] == 200
            return connection

        yield open_one


def is_alive(connection):
    return connection.send(HEALTH).response()[0] == 200


def test_of_one_address_the_connection_that_was_idle_longest_gives_way(start_server, opened):
    server = start_server("--trusted-proxies", "none", "--address-connections", "5")
    connections = [opened(server) for _ in range(5)]
    assert is_alive(connections[0])
    connections.append(opened(server))
    assert connections[1].is_closed_by_peer(5), "the second had been idle longest"
    assert all(is_alive(connection) for connection in connections[:1] + connections[2:])
    assert is_alive(opened(server, "127.0.0.2")), "another address has its own"


def test_where_none_is_idle_the_newcomer_is_told_at_once(start_server, opened):
    server = start_server("--trusted-proxies", "none", "--address-connections", "3")
    vasya = register(server, "vasya")
    vasya.http.close()
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(RawWebSocket(server, vasya))
        began = time.monotonic()
        with Connection(server) as refused:
            status, fields, body = refused.send(HEALTH).response()
            assert (status, fields["retry-after"], fields["connection"]) == (503, "1", "close")
            assert b"too_many_connections" in body and refused.is_closed_by_peer(5)
        assert time.monotonic() - began < 2
        opened(server, "127.0.0.2")
    eventually(lambda: can_open(server), 5, "there is room again")


def can_open(server):
    with Connection(server) as connection:
        return connection.send(HEALTH).response()[0] == 200


def test_in_all_the_connection_that_was_idle_longest_gives_way(start_server, opened):
    server = start_server("--max-connections", "6")
    connections = [opened(server, f"127.0.0.{number + 2}") for number in range(6)]
    newcomers = [opened(server) for _ in range(3)]
    assert all(connection.is_closed_by_peer(5) for connection in connections[:3])
    assert all(is_alive(connection) for connection in connections[3:] + newcomers)


def test_a_trusted_proxy_has_no_limit_of_its_own(start_server, opened):
    server = start_server("--address-connections", "2")
    connections = [opened(server) for _ in range(6)]
    assert all(is_alive(connection) for connection in connections)


def wrong_token(number):
    return f"Authorization: Bearer {number:064x}"


def test_wrong_tokens_of_one_address_are_refused_before_the_store_is_asked(start_server):
    server = start_server("--trusted-proxies", "127.0.0.9")
    vasya = register(server, "vasya")

    def ask(connection, *fields):
        return connection.send(request_head("GET", "/v1/users/me", *fields)).response()[0]

    def exhaust(connection, *fields):
        """How many wrong tokens were looked up before one was refused."""
        for number in range(400):
            if (status := ask(connection, wrong_token(number), *fields)) == 429:
                return number
            assert status == 401
        raise AssertionError("none was refused")

    good = f"Authorization: Bearer {vasya.token}"
    with Connection(server) as connection, Connection(server, source="127.0.0.2") as other:
        assert ask(connection, good) == 200
        assert exhaust(connection) >= 99
        assert ask(connection, good) == 200, "who is known is not asked for"
        assert ask(other, wrong_token(0)) == 401
        with RawWebSocket(server) as socket:
            exhaust(connection)
            socket.send(frame(TEXT, b'{"op":"hello","data":{"token":"wrong"}}'))
            assert socket.close_code() == 4004, "it may come again"
    with Connection(server, source="127.0.0.9") as proxy:
        for number in range(200):
            assert ask(proxy, wrong_token(number), f"X-Forwarded-For: 192.0.2.{number // 10}") == 401
        # The last address that is no trusted proxy counts, and of IPv6 64 bits.
        exhaust(proxy, "X-Forwarded-For: 127.0.0.2, 2001:db8::7, 127.0.0.9")
        assert exhaust(proxy, "X-Forwarded-For: 2001:db8::7:8") < 50


def test_without_descriptors_the_listener_waits_and_comes_back(start_server):
    server = start_server()
    vasya = register(server, "vasya")
    limit = len(os.listdir(f"/proc/{server.pid}/fd")) + 40
    subprocess.run(["prlimit", "--pid", str(server.pid), f"--nofile={limit}:{limit}"], check=True)
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(20):
            sockets.append(stack.enter_context(RawWebSocket(server, vasya, source="127.0.0.2")))
        for _ in range(60):
            stack.enter_context(Connection(server, source="127.0.0.3"))
        time.sleep(0.5)
        began, spent = time.monotonic(), cpu_seconds(server)
        time.sleep(2)
        share = (cpu_seconds(server) - spent) / (time.monotonic() - began)
        assert share < 0.25, f"the listener spins: {share:.0%} of a core"
        assert b"welcome" in sockets[0].next_frame()[1]
    eventually(lambda: can_open(server), 10, "there is room again")
    assert vasya.get("/v1/users/me")["userId"] == "vasya"


def cpu_seconds(server):
    with open(f"/proc/{server.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
