"""Floods of valid frames: data that was read is released, unreadable data is dropped, and a client that does not read responses is not
read from either."""

import threading

import pytest

from harness.api import register
from harness.raw import TEXT, Connection, RawWebSocket, frame, request_head

PONG = 0xA
FLOOD = 200 * 2**20
# Far less than the flood, and far more than a debug build needs for one client.
ALLOWED = 60 * 2**20
# What a closing WebSocket is read for, and what fits into the buffers of both ends.
READ_WHILE_CLOSING = 2**20 + 31 * 2**20


def resident(server):
    with open(f"/proc/{server.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


@pytest.fixture
def vasya(server):
    return register(server, "vasya")


def send_all(connection, chunk, total=FLOOD):
    """Sends `total` bytes, or less if the server stops reading."""
    sent = 0
    try:
        while sent < total:
            connection.socket.sendall(chunk)
            sent += len(chunk)
    except OSError:
        pass
    return sent


def test_frames_that_never_end_with_a_read_are_released(server, vasya):
    # Requests would be limited.
    message = frame(PONG, b"x" * 100) * 500
    half = len(message) // 2 - 10
    with RawWebSocket(server, vasya) as connection:
        before = resident(server)
        threading.Thread(target=drain, args=[connection.socket], daemon=True).start()
        connection.socket.sendall(message[:half])
        assert send_all(connection, message[half:] + message[:half]) >= FLOOD
        assert resident(server) - before < ALLOWED
    assert server.is_healthy()


def drain(socket):
    try:
        while socket.recv(2**16):
            pass
    except OSError:
        pass


def test_data_after_an_invalid_frame_is_dropped_and_not_read_for_ever(server, vasya):
    with RawWebSocket(server, vasya) as connection:
        before = resident(server)
        connection.socket.sendall(b"\xff\xff")
        assert send_all(connection, b"x" * 65_536) < READ_WHILE_CLOSING
        assert resident(server) - before < ALLOWED
    assert server.is_healthy()


def test_polls_whose_responses_are_not_read_are_not_answered(server, vasya):
    petya = register(server, "petya")
    petya.snapshot()
    for _ in range(20):
        call = vasya.invite("petya", custom={"text": "x" * 3000})
        vasya.step(call["callId"], "cancel")
    path = f"/v1/events?cursor={petya.cursor}&waitSeconds=0&limit=1000"
    with Connection(server) as connection:
        before = resident(server)
        connection.socket.settimeout(1)
        head = request_head("GET", path, f"Authorization: Bearer {petya.token}")
        send_all(connection, head * 100, total=len(head) * 4000)
        # By the time it has answered these, it would have answered all of them.
        assert all(server.is_healthy() for _ in range(200))
        assert resident(server) - before < ALLOWED
    assert server.is_healthy()


def test_beyond_the_budget_of_a_user_the_connection_that_holds_most_is_closed_with_4000(server, vasya):
    """32 unfinished messages of 256 KiB are 8 MiB."""
    petya = register(server, "petya")
    unfinished = frame(TEXT, b"x" * 250_000, claimed_length=262_144)
    sockets = [RawWebSocket(server, vasya) for _ in range(33)]
    with RawWebSocket(server, petya) as other:
        codes = []
        for connection in sockets:
            connection.socket.sendall(unfinished)
        for connection in sockets:
            codes.append(connection.close_code_within(0.2))
        assert codes.count(4000) in range(1, 4), codes
        assert codes.count(None) + codes.count(4000) == 33, codes
        assert other.close_code_within(1) is None
    for connection in sockets:
        connection.socket.close()
    assert server.is_healthy()
