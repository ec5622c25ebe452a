"""Unusual requests of clients and proxies: upgrades that are not accepted, expectations, old versions, rare framing."""

import json
import socket
import subprocess
import time

import pytest

from harness.api import register
from harness.raw import Connection, RawWebSocket, frame, request_head, upgrade_head

CLOSE = 0x8


@pytest.fixture
def vasya(server):
    return register(server, "vasya")


def upgrade(path="/healthz", protocol="h2c", method="GET", *fields):
    return request_head(method, path, f"Connection: Upgrade", f"Upgrade: {protocol}", *fields)


NOT_TAKEN_UP = {
    "h2c, as Java's client and curl --http2 send it": upgrade(),
    "websocket where no socket is": upgrade(protocol="websocket"),
    "with a body": upgrade("/v1/users", "h2c", "POST", "Content-Type: application/json", "Content-Length: 2") + b"{}",
    "with a request behind it": upgrade() + request_head("GET", "/healthz"),
}


@pytest.mark.parametrize("data", NOT_TAKEN_UP.values(), ids=NOT_TAKEN_UP.keys())
@pytest.mark.parametrize("before", [b"", request_head("GET", "/healthz")], ids=["first", "second"])
def test_an_upgrade_that_is_not_accepted_is_answered_and_the_connection_closes(server, data, before):
    """NIO's decoder stops after such a request, so the next one used to hang until the idle timeout."""
    with Connection(server, seconds=5) as connection:
        if before:
            assert connection.send(before).response()[0] == 200
        status, fields, _ = connection.send(data).response()
        assert status in (200, 422) and fields["connection"] == "close"
        assert connection.is_closed_by_peer(5)


def test_curl_asks_for_http2_and_is_answered_twice(server):
    url = server.url + "/healthz"
    result = subprocess.run(["curl", "-s", "--http2", "--max-time", "10", url, url], capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout.count('"ok"') == 2


def test_a_body_that_waits_for_100_is_requested(server):
    """RFC 9110, section 10.1.1. Otherwise clients wait a second."""
    body = json.dumps({"userId": "vasya", "password": "a password"}).encode()
    head = request_head(
        "POST", "/v1/users", "Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue")
    with Connection(server) as connection:
        assert connection.send(head).head()[0] == 100
        assert connection.send(body).response()[0] == 201
        assert connection.send(request_head("GET", "/healthz")).response()[0] == 200
    with Connection(server) as connection:
        # The body has arrived already, so the client does not wait.
        assert connection.send(head + body).response()[0] == 409


@pytest.mark.parametrize(
    "fields, status", [
        (["Content-Type: text/plain", "Content-Length: 5"], 415),
        (["Content-Type: application/json", "Content-Length: 9000000"], 413),
    ])
def test_a_body_is_not_requested_if_the_head_is_rejected(server, fields, status):
    with Connection(server) as connection:
        connection.send(request_head("POST", "/v1/users", *fields, "Expect: 100-continue"))
        actual, answered, _ = connection.response()
        assert actual == status and answered["connection"] == "close"
        assert connection.is_closed_by_peer()


def test_the_token_is_checked_before_the_body_is_requested(server):
    with Connection(server) as connection:
        connection.send(request_head(
            "POST", "/v1/calls", "Content-Type: application/json", "Content-Length: 60000", "Expect: 100-continue"))
        assert connection.response()[0] == 401


def test_another_expectation_is_417(server):
    with Connection(server) as connection:
        status, fields, _ = connection.send(request_head("GET", "/healthz", "Expect: more")).response()
        assert status == 417 and fields["connection"] == "close"


def test_a_client_of_http_1_0_gets_a_stream_without_chunks(server, vasya):
    with Connection(server) as connection:
        head = request_head("GET", "/v1/events/stream", f"Authorization: Bearer {vasya.token}")
        status, fields = connection.send(head.replace(b"HTTP/1.1", b"HTTP/1.0")).head()
        assert status == 200 and "transfer-encoding" not in fields and fields["connection"] == "close"
        while b"\n\n" not in connection.buffer:
            assert connection._more()
        assert connection.buffer.startswith(b"id: ")


def test_a_client_of_http_1_0_may_reuse_its_connection(server):
    head = request_head("GET", "/healthz", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    with Connection(server) as connection:
        for _ in range(2):
            status, fields, _ = connection.send(head).response()
            assert status == 200 and fields["connection"] == "keep-alive"
        assert connection.send(head.replace(b"Connection: keep-alive\r\n", b"")).response()[0] == 200
        assert connection.is_closed_by_peer()


HEADS = {
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "a coding before chunked": (
        request_head("POST", "/v1/users", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", 501),
}


@pytest.mark.parametrize("data, status", HEADS.values(), ids=HEADS.keys())
def test_an_invalid_head_is_rejected_and_the_connection_closes(server, data, status):
    with Connection(server) as connection:
        assert connection.send(data).response()[0] == status
        assert connection.is_closed_by_peer()


def test_a_compressed_body_is_415(server, vasya):
    response = vasya.request(
        "POST", "/v1/calls", data=b"\x1f\x8b\x08\x00",
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_an_endless_chunk_extension_is_rejected(server):
    head = request_head("POST", "/v1/users", "Content-Type: application/json", "Transfer-Encoding: chunked")
    with Connection(server) as connection:
        connection.send(head)
        connection.send(b"2;x=" + b"y" * 2_000_000)
        try:
            assert connection.response()[0] in (400, 413)
        except AssertionError as closed:
            # A reset can overtake the response while the server has unread bytes.
            assert "closed before" in str(closed)
        assert connection.is_closed_by_peer()
    assert server.is_healthy()


@pytest.mark.parametrize("path, status", [("/nothing", 404), ("/v1/tickets", 405), ("/healthz", 200), ("/v1/calls", 401)])
def test_a_response_to_head_has_no_body(server, path, status):
    with Connection(server) as connection:
        actual, fields = connection.send(request_head("HEAD", path)).head()
        assert actual == status and int(fields["content-length"]) > 0
        assert connection.send(request_head("GET", "/healthz")).response()[2] == b'{"status":"ok"}'


def test_a_socket_is_also_found_with_a_trailing_slash(server, vasya):
    with Connection(server) as connection:
        head = upgrade_head(f"Authorization: Bearer {vasya.token}").replace(b"/v1/socket", b"/v1/socket/")
        assert connection.send(head).head()[0] == 101


def test_a_socket_request_without_an_upgrade_gets_426(server):
    with Connection(server) as connection:
        status, fields, _ = connection.send(request_head("GET", "/v1/socket")).response()
        assert status == 426 and fields["upgrade"] == "websocket" and fields["connection"] == "upgrade"


@pytest.mark.parametrize("origin, is_allowed", [
    (None, True), ("http://127.0.0.1:{port}", True), ("https://a.example", True), ("https://b.example", False),
    ("http://127.0.0.1:1", False), ("null", False),
])
def test_a_page_of_another_origin_cannot_open_sockets_or_streams(start_server, origin, is_allowed):
    """CORS does not keep a page from opening a WebSocket."""
    server = start_server("--allowed-origins", "https://a.example")
    vasya = register(server, "vasya")
    fields = [f"Authorization: Bearer {vasya.token}", f"Host: 127.0.0.1:{server.port}"]
    fields += [f"Origin: {origin.format(port=server.port)}"] if origin else []
    stream = request_head("GET", "/v1/events/stream", *fields)
    for head, opened in ((upgrade_head(*fields), 101), (stream, 200)):
        head = head.replace(b"Host: 127.0.0.1\r\n", b"")
        with Connection(server) as connection:
            status, _ = connection.send(head).head()
            assert status == (opened if is_allowed else 403)


@pytest.mark.parametrize("size", [b"ffffffffffffffff", b"FFFFFFFF", b"40001;a=b"])
@pytest.mark.parametrize("arrival", [
    "with its head", "behind its head", "behind a head in pieces", "behind a request with a body",
    "behind a request with chunks",
])
def test_a_chunk_beyond_the_bound_is_refused_at_once(server, vasya, size, arrival):
    """Its bytes were waited for until the body's time was over."""
    head = request_head(
        "POST", "/v1/calls", f"Authorization: Bearer {vasya.token}", "Content-Type: application/json",
        "Transfer-Encoding: chunked")
    with Connection(server, seconds=5) as connection:
        connection.send(request_head("GET", "/healthz")).response()
        bad = head + size + b"\r\n{"
        first = None
        if arrival == "behind its head":
            cuts = [len(head)]
        elif arrival == "behind a head in pieces":
            # The second cut is in the empty line.
            cuts = [40, len(head) - 2, len(head)]
        else:
            cuts = []
            if arrival == "behind a request with a body":
                first = head.replace(b"Transfer-Encoding: chunked", b"Content-Length: 9") + b'{"a":"b"}'
            elif arrival == "behind a request with chunks":
                first = head + b'9\r\n{"a":"b"}\r\n0\r\nTrailer: x\r\n\r\n'
        for start, end in zip([0] + cuts, cuts):
            connection.send(bad[start:end])
            time.sleep(0.2)
        connection.send((first or b"") + bad[cuts[-1] if cuts else 0:])
        if first:
            assert connection.response()[0] == 422
        status, fields, _ = connection.response()
        assert status == 400 and fields["connection"] == "close"
        assert connection.is_closed_by_peer(5)


def test_chunks_within_the_bound_are_taken_wherever_they_are_cut(server, vasya):
    body = b"".join(b"%x;e\r\n%s\r\n" % (len(part), part) for part in (b'{"callee":', b'"ffffffffffffffff"', b"}"))
    head = request_head(
        "POST", "/v1/calls", f"Authorization: Bearer {vasya.token}", "Content-Type: application/json",
        "Transfer-Encoding: chunked")
    whole = head + body + b"0\r\n\r\n"
    with Connection(server) as connection:
        for cut in range(1, len(whole), 7):
            connection.send(whole[:cut])
            time.sleep(0.005)
            assert connection.send(whole[cut:]).response()[0] == 404
        connection.send(whole * 3)
        assert [connection.response()[0] for _ in range(3)] == [404, 404, 404]


def test_a_close_whose_reason_is_not_utf8_is_answered_with_1007(server, vasya):
    with RawWebSocket(server, vasya) as connection:
        connection.send(frame(CLOSE, (1000).to_bytes(2, "big") + b"\xce\xba\xe1\xbd\xff"))
        assert connection.close_code() == 1007


def test_a_preflight_may_ask_for_what_stream_polyfills_send(start_server):
    server = start_server("--allowed-origins", "https://a.example")
    with Connection(server) as connection:
        status, fields, _ = connection.send(request_head(
            "OPTIONS", "/v1/events/stream", "Origin: https://a.example", "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: authorization, cache-control, last-event-id")).response()
    assert status == 204 and "cache-control" in fields["access-control-allow-headers"]


def test_an_idle_stream_is_never_silent_for_more_than_15_seconds(server, vasya):
    with Connection(server, seconds=20) as connection:
        connection.send(request_head("GET", "/v1/events/stream", f"Authorization: Bearer {vasya.token}")).head()
        while b"\n\n" not in connection.buffer:
            assert connection._more()
        connection.buffer = b""
        begun = time.monotonic()
        assert connection._more() and b": " in connection.buffer
        assert time.monotonic() - begun < 15


def test_half_closed_streams_end(server, vasya):
    with Connection(server) as connection:
        connection.send(request_head("GET", "/v1/events/stream", f"Authorization: Bearer {vasya.token}")).head()
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.is_closed_by_peer(5)
