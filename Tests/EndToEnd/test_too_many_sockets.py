"""More WebSockets than a device may have: the surplus one is closed without affecting others."""

from harness.api import register
from harness.raw import RawWebSocket


def test_a_surplus_socket_is_closed_with_4004_and_the_server_survives(start_server):
    server = start_server("--device-connections", "1")
    vasya = register(server, "vasya")
    with RawWebSocket(server, vasya) as first:
        assert b'"welcome"' in first.next_frame()[1]
        with RawWebSocket(server, vasya) as second:
            assert second.close_code() == 4004
    assert server.is_healthy()
