"""Connections that violate HTTP: they are answered or closed without affecting others."""

import pytest

from harness.raw import Connection, request_head
from harness.waiting import Together


@pytest.fixture(autouse=True)
def unharmed(stage):
    yield
    stage.is_unharmed()


REFUSED = [
    ("giant field", request_head("GET", "/healthz", "X-Filler: " + "x" * 200_000)),
    ("giant path", request_head("GET", "/" + "x" * 200_000)),
    ("countless fields", request_head("GET", "/healthz", *(f"X-{n}: {n}" for n in range(20_000)))),
]


@pytest.mark.parametrize("data", [data for _, data in REFUSED], ids=[name for name, _ in REFUSED])
def test_giant_heads_are_rejected_and_the_connection_is_closed(stage, data):
    with Connection(stage.server) as connection:
        connection.send(data)
        try:
            status, _ = connection.head()
            assert status in (400, 414, 431)
        except AssertionError as closed:
            # A reset can overtake the response while the server has unread bytes.
            assert "closed before an answer" in str(closed)
        assert connection.is_closed_by_peer()


NOT_HTTP = {
    "tls": bytes.fromhex("16030100a5010000a10303"),
    "binary": bytes(range(256)) * 4,
    "http2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "a space in a field's name": b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length that is no number": b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
    "a length and chunks": request_head("POST", "/v1/users", "Content-Length: 4", "Transfer-Encoding: chunked")
    + b"0\r\n\r\n" + request_head("GET", "/smuggled"),
    "a bad chunk": request_head("POST", "/v1/users", "Content-Type: application/json", "Transfer-Encoding: chunked")
    + b"zz\r\nhello\r\n",
}


@pytest.mark.parametrize("data", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_data_other_than_http_is_rejected_and_the_connection_is_closed(stage, data):
    with Connection(stage.server) as connection:
        connection.send(data)
        assert connection.is_closed_by_peer(), f"still open after {connection.buffer!r}"
        answers = connection.buffer.count(b"HTTP/1.1 ")
        assert answers <= 1, f"more than one answer: {connection.buffer!r}"
        assert not answers or connection.buffer.startswith(b"HTTP/1.1 4"), connection.buffer


def drip(connection):
    """Sends one more header field per second; returns True when the server closes the connection."""
    connection.socket.settimeout(1)
    for number in range(75):
        try:
            connection.socket.sendall(b"X-%d: 1\r\n" % number)
            while connection.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_connections_that_stall_are_closed_after_a_while(stage):
    halves = {
        "nothing at all": b"",
        "half a head": b"GET /healthz HTTP/1.1\r\nHos",
        "half a body": request_head("POST", "/v1/users", "Content-Type: application/json", "Content-Length: 9")
        + b'{"a',
    }
    connections = {name: Connection(stage.server).send(data) for name, data in halves.items()}
    endless = Connection(stage.server).send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    dripping = Together(drip, endless)
    try:
        for name, connection in connections.items():
            connection.wait_closed(90, f"{name} is closed")
        assert dripping.result(90), "a head that never ends is still read"
    finally:
        for connection in (*connections.values(), endless):
            connection.socket.close()


def test_aborted_requests_leak_nothing(stage):
    head = request_head("POST", "/v1/users", "Content-Type: application/json", "Content-Length: 60000")
    for _ in range(50):
        with Connection(stage.server) as connection:
            connection.send(head + b'{"userId":')


def test_abandoned_polls_leak_nothing(stage):
    stranger = stage.stranger
    stranger.snapshot()
    path = f"/v1/events?waitSeconds=60&cursor={stranger.cursor}"
    for _ in range(20):
        with Connection(stage.server) as connection:
            connection.send(request_head("GET", path, f"Authorization: Bearer {stranger.token}"))


@pytest.mark.parametrize("path, expected", [("/healthz", 200), ("/v1/events", 401)])
def test_data_after_a_closing_request_is_not_read(stage, path, expected):
    """RFC 9112, section 9.6. A proxy that does not know of the close may send another request."""
    with Connection(stage.server) as connection:
        connection.send(request_head("GET", path, "Connection: close") * 2)
        status, headers, _ = connection.response()
        assert status == expected and headers["connection"] == "close"
        assert connection.is_closed_by_peer() and not connection.buffer


@pytest.mark.parametrize("last", [
    request_head("GET", "/healthz", "Connection: TE, Close", "TE: trailers"),
    request_head("GET", "/healthz").replace(b"HTTP/1.1", b"HTTP/1.0"),
])
def test_only_the_last_response_says_close(stage, last):
    with Connection(stage.server) as connection:
        connection.send(request_head("GET", "/healthz") * 2 + last)
        answers = [connection.response() for _ in range(3)]
        assert [status for status, _, _ in answers] == [200] * 3
        assert [headers.get("connection") for _, headers, _ in answers] == [None, None, "close"]
        assert connection.is_closed_by_peer() and not connection.buffer
