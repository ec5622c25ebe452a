"""Text that is expensive to compare by the rules of Unicode: a long sequence of combining marks in the wrong order must be sorted, in a
time that grows with the square of its length. It takes half a second for 64 KB, and a message is compared many times."""

import json
import os

import pytest

from harness.raw import TEXT, Connection, RawWebSocket, frame

MARKS = "\u0301" * 15_950 + "\u0316" * 15_950
# The same text, with escapes.
ESCAPED = r"\u0301" * 5_200 + r"\u0316" * 5_200
# For all messages of a test. Compared by the rules of Unicode, each of them would take more than a second.
ALLOWED = 1.0


def cpu_seconds(server):
    with open(f"/proc/{server.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(autouse=True)
def cheap(stage):
    before = cpu_seconds(stage.server)
    yield
    assert cpu_seconds(stage.server) - before < ALLOWED
    stage.is_unharmed()


@pytest.mark.parametrize("marks", [MARKS, ESCAPED], ids=["as they are", "as escapes"])
def test_a_first_message(stage, marks):
    for message in ('{"op":"hello","id":1,"P":0}', '{"op":"P"}', '{"op":"hello","data":{"P":0}}'):
        with RawWebSocket(stage.server) as socket:
            socket.send(frame(TEXT, message.replace("P", marks).encode()))
            assert socket.close_code() == 4502


@pytest.mark.parametrize("marks", [MARKS, ESCAPED], ids=["as they are", "as escapes"])
def test_requests_of_a_socket(stage, marks):
    with RawWebSocket(stage.server, stage.stranger) as socket:
        assert b'"welcome"' in socket.next_frame()[1]
        for op, data in [
            ("P", "{}"), ("getMe", '{"P":0}'), ("reportQuality", '{"P":0}'), ("setMedia", '{"P":0,"z":0}'),
            ("hangUp", '{"reason":"P"}'), ("listCalls", '{"state":"P"}'), ("updateMe", '{"displayName":"P"}'),
        ]:
            request = f'{{"id":1,"op":"{op}","key":"k","data":{data}}}'
            socket.send(frame(TEXT, request.replace("P", marks).encode()))
            assert json.loads(socket.next_frame()[1])["id"] == 1


@pytest.mark.parametrize("marks", [MARKS, ESCAPED], ids=["as they are", "as escapes"])
@pytest.mark.parametrize(
    "method, path, body", [
        ("POST", "/v1/sessions", '{"P":0}'), ("POST", "/v1/users", '{"userId":"P","password":"P"}'),
        ("POST", "/v1/calls", '{"P":0}'), ("POST", "/quality", '{"P":0}'), ("PUT", "/media", '{"P":{},"z":{}}'),
        ("POST", "/hangup", '{"reason":"P"}'), ("POST", "/answer", '{"description":{"type":"P","sdp":"P"}}'),
    ])
def test_a_body(stage, method, path, body, marks):
    path = path if path.startswith("/v1") else stage.call + path
    fields = {"Content-Type": "application/json", "Idempotency-Key": "marks"}
    answer = stage.stranger.request(method, path, data=body.replace("P", marks).encode(), headers=fields)
    assert 400 <= answer.status_code < 500
    # The response does not repeat the text.
    assert len(answer.content) < 1000


@pytest.mark.parametrize("field", ["Authorization", "Accept", "Content-Type", "Connection", "Upgrade", "Origin"])
def test_a_header(stage, field):
    value = "\u0301" * 3_500 + "\u0316" * 3_500
    with Connection(stage.server) as connection:
        head = f"POST /v1/calls HTTP/1.1\r\nHost: x\r\n{field}: {value}\r\nContent-Length: 2\r\n\r\n{{}}"
        status, _, _ = connection.send(head.encode()).response()
        assert 400 <= status < 500
