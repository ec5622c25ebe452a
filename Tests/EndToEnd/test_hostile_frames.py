"""WebSocket frames that violate RFC 6455 or the protocol: each closes its connection with the right code."""

import pytest

from harness.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    AfterUpgrade,
    Connection,
    RawWebSocket,
    frame,
    request_head,
    upgrade_head,
)


@pytest.fixture(autouse=True)
def unharmed(stage):
    yield
    stage.is_unharmed()


def garbage():
    return bytes((index * 7919 + 13) % 251 for index in range(5000))


HOSTILE = {
    "unmasked": (frame(TEXT, b'{"id":1,"op":"getMe"}', masked=False), {1002}),
    "a frame over the bound": (frame(TEXT, b"x" * 300_000), {1009}),
    "a frame of 256 KiB and one byte": (frame(TEXT, b"x" * 262_145), {1009}),
    "a frame of 256 KiB that is no request": (frame(TEXT, b"x" * 262_144), {4502}),
    "a frame that claims 2^63 bytes": (frame(TEXT, b"", claimed_length=2**63), {1002, 1009}),
    "a frame that claims 1 GiB": (frame(TEXT, b"", claimed_length=2**30), {1009}),
    "a message of many fragments over the bound": (
        frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x" * 1000, fin=False) * 80, {1002, 1009}),
    "a message of countless empty fragments": (
        frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 100_000, {1002, 1009}),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), {1002}),
    "a message inside a message": (frame(TEXT, b"{", fin=False) + frame(TEXT, b"{}"), {1002}),
    "not UTF-8": (frame(TEXT, b'{"id":1,"op":"\xff\xfe"}'), {1007}),
    "binary": (frame(BINARY, b"\x00\x01"), {1003}),
    "a long ping": (frame(PING, b"x" * 126), {1002}),
    "a ping in fragments": (frame(PING, b"x", fin=False), {1002}),
    "a reserved bit": (frame(TEXT, b"{}", reserved=4), {1002}),
    "an unknown opcode": (frame(0x3, b"{}"), {1002}),
    "a close with one byte": (frame(CLOSE, b"\x03"), {1002}),
    "a close with a forbidden code": (frame(CLOSE, (1005).to_bytes(2, "big")), {1002}),
    "not a request": (frame(TEXT, b"[]"), {4502}),
    "not JSON": (frame(TEXT, b"hello?"), {4502}),
}


@pytest.mark.parametrize("data, codes", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_bad_frame_ends_its_connection_with_its_code(stage, data, codes):
    with RawWebSocket(stage.server, stage.stranger) as socket:
        socket.send(data)
        assert socket.close_code() in codes
        assert socket.is_closed_by_peer()


def test_garbage_after_the_upgrade_ends_the_connection(stage):
    with RawWebSocket(stage.server, stage.stranger) as socket:
        socket.send(garbage())
        assert socket.close_code() in {1002, 1003, 1007, 1009}
        assert socket.is_closed_by_peer()


def test_a_fragmented_message_is_a_message(stage):
    with RawWebSocket(stage.server, stage.stranger) as socket:
        assert b'"welcome"' in socket.next_frame()[1]
        socket.send(frame(TEXT, b'{"id":1,', fin=False) + frame(PING, b"!") + frame(CONTINUATION, b'"op":"getMe"}'))
        frames = [socket.next_frame(), socket.next_frame()]
        assert (0xA, b"!") in frames
        assert any(opcode == TEXT and b'"status":200' in payload for opcode, payload in frames)


@pytest.mark.parametrize(
    "hello", [b'{"op":"hello","data":{"token":"nonsense"}}', b'{"op":"hello"}', b'{"id":1,"op":"getMe"}'])
def test_a_bad_hello_ends_the_connection(stage, hello):
    with RawWebSocket(stage.server) as socket:
        socket.send(frame(TEXT, hello))
        assert socket.close_code() in {4500, 4502}


def test_a_silent_client_is_closed_after_ten_seconds(stage):
    with RawWebSocket(stage.server, seconds=20) as socket:
        assert socket.close_code() == 4002


BAD_UPGRADES = {
    "no key": request_head(
        "GET", "/v1/socket", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
    "an old version": upgrade_head().replace(b"Version: 13", b"Version: 8"),
    "a bad key": upgrade_head().replace(b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: short"),
    "no word of it to this hop": upgrade_head().replace(b"Connection: Upgrade\r\n", b""),
    "HTTP/1.0": upgrade_head().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "by POST": upgrade_head().replace(b"GET ", b"POST "),
    "elsewhere": upgrade_head().replace(b"/v1/socket", b"/healthz"),
    "a bad token": upgrade_head("Authorization: Bearer nonsense"),
    "a bad ticket": upgrade_head().replace(b"/v1/socket", b"/v1/socket?ticket=nonsense"),
}


@pytest.mark.parametrize("data", BAD_UPGRADES.values(), ids=BAD_UPGRADES.keys())
def test_a_bad_upgrade_is_refused(stage, data):
    with Connection(stage.server) as connection:
        status, _ = connection.send(data).head()
        if status == 101:
            # Rejected with a close code, because a browser can't read the status of a response.
            assert AfterUpgrade(connection).close_code() in {4003, 4500}
        else:
            assert status in (200, 400, 401, 404, 405, 426)


def test_requests_in_a_frame_have_the_limits_of_http(stage):
    call_id = stage.pair.call_id.encode()
    cases = [
        (b'{"id":1,"op":"invite","data":{"callee":"nobody"}}', b"user_not_found"),
        (b'{"id":2,"op":"nothing"}', b'"error"'),
        (b'{"id":3,"op":"getCall","data":{"callId":"%s"}}' % call_id, b"not_found"),
        (b'{"id":4,"op":"invite","data":{"callee":7}}', b"invalid_request"),
        (b'{"id":5,"op":"addCandidates","data":{"callId":"%s","candidates":[]}}' % call_id, b'"error"'),
    ]
    with RawWebSocket(stage.server, stage.stranger) as socket:
        socket.next_frame()
        for request, expected in cases:
            socket.send(frame(TEXT, request))
            _, answer = socket.next_frame()
            assert expected in answer, answer
