"""Writes to calls over HTTP on a single connection, sent as raw bytes."""

import json
import socket

import pytest

from harness.api import register
from harness.raw import Connection, request_head

# An unusual header, with which the response must be the same.
ODD = "Accept: application/json;q=0.9, text/plain"


@pytest.fixture
def vasya(server):
    return register(server, "vasya")


@pytest.fixture
def petya(server):
    return register(server, "petya")


def write(device, path, body=None, *fields, method="POST", kind="application/json"):
    fields = [f"Authorization: Bearer {device.token}", *fields]
    if body is None:
        return request_head(method, path, *fields)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request_head(method, path, *fields, f"Content-Type: {kind}", f"Content-Length: {len(data)}") + data


def invitation(device, callee="petya", *fields):
    return write(device, "/v1/calls", {"callee": callee}, *fields)


def test_a_whole_call_on_two_connections_as_bytes(server, vasya, petya):
    with Connection(server) as caller, Connection(server) as callee:
        status, fields, body = caller.send(invitation(vasya)).response()
        call = json.loads(body)
        assert status == 201 and fields["location"] == f"/v1/calls/{call['callId']}" and call["state"] == "inviting"
        path = f"/v1/calls/{call['callId']}"
        assert json.loads(callee.send(write(petya, path + "/alerting")).response()[2])["state"] == "ringing"
        assert json.loads(callee.send(write(petya, path + "/accept", {})).response()[2])["state"] == "connecting"
        sdp = "v=0\r\n" + "a=x:ä€😀\r\n" * 500
        status, fields, body = caller.send(
            write(vasya, path + "/offer", {"description": {"type": "offer", "sdp": sdp}})).response()
        assert status == 201 and json.loads(body)["description"]["sdp"] == sdp
        assert callee.send(
            write(petya, path + "/answer", {"description": {"type": "answer", "sdp": sdp}})).response()[0] == 201
        assert caller.send(
            write(vasya, path + "/candidates", {"candidates": [{"candidate": "a"}]})).response()[0] == 202
        media = {"camera": {"kind": "video", "muted": True}}
        assert caller.send(write(vasya, path + "/media", media, method="PUT")).response()[0] == 200
        assert caller.send(write(vasya, path + "/connected")).response()[0] == 200
        status, fields, body = caller.send(write(vasya, path + "/quality", {"packetsLost": 1})).response()
        assert status == 204 and body == b"" and "content-length" not in fields and "content-type" not in fields
        assert json.loads(callee.send(write(petya, path + "/hangup")).response()[2])["state"] == "ended"
    assert vasya.get(f"/v1/calls/{call['callId']}")["reason"] == "completed"


@pytest.mark.parametrize("case", ["invite", "repeated key", "conflict", "too fast"])
def test_the_response_equals_that_to_an_unusual_request(start_server, case):
    server = start_server("--device-writes", "1") if case == "too fast" else start_server()
    vasya, petya = register(server, "vasya"), register(server, "petya")
    answers = []
    for fields in [(), (ODD,)]:
        with Connection(server) as connection:
            if case == "invite":
                sent = [invitation(vasya, "petya", *fields)]
            elif case == "repeated key":
                sent = [invitation(vasya, "petya", "Idempotency-Key: k", *fields)] * 2
            elif case == "conflict":
                call_id = vasya.invite("petya")["callId"]
                sent = [write(vasya, f"/v1/calls/{call_id}/candidates", {"candidates": [{"candidate": "a"}]}, *fields)]
            else:
                sent = [invitation(vasya, "vasya", *fields)] * 6
            for request in sent:
                status, values, body = connection.send(request).response()
            assert values.pop("date").endswith(" GMT")
            answers.append((status, sorted(values)))
            if case == "repeated key":
                answers[-1] += (values["location"], body)
            if status >= 400:
                answers[-1] += (values, body)
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "request_of, status", [
        (lambda device: write(device, "/v1/calls", b"{", ), 400),
        (lambda device: write(device, "/v1/calls", b"[]"), 422),
        (lambda device: write(device, "/v1/calls", {"callee": 1}), 422),
        (lambda device: write(device, "/v1/calls", {"callee": "petya"}, kind="text/plain"), 415),
        (lambda device: write(device, "/v1/calls", {"callee": "petya"}, "Idempotency-Key: " + "x" * 256), 422),
        (lambda device: write(device, "/v1/calls", {"callee": "nobody"}), 404),
        (lambda device: write(device, "/v1/calls/AAAAAAAAAAAA/quality", b'{"score":1.' + b"0" * 2048 + b"}"), 422),
        (lambda device: write(device, "/v1/calls/not%20one/accept"), 404),
        (lambda device: write(device, "/v1/calls/AAAAAAAAAAAA/accept"), 404),
        (lambda device: write(device, "/v1/calls/AAAAAAAAAAAA/nothing"), 404),
        (lambda device: write(device, "/v1/calls/AAAAAAAAAAAA/", {"callee": "petya"}), 405),
        (lambda device: write(device, "/v1/calls", method="PUT"), 405),
    ])
def test_rejections_are_the_same_and_the_connection_stays_open(server, vasya, petya, request_of, status):
    with Connection(server) as connection:
        actual, fields, body = connection.send(request_of(vasya)).response()
        assert actual == status and fields["content-type"] == "application/problem+json", body
        assert connection.send(invitation(vasya)).response()[0] == 201
    assert len(vasya.get("/v1/calls")["items"]) == 1


def test_an_unknown_token_is_rejected(server, vasya):
    with Connection(server) as connection:
        vasya.token = "nonsense"
        status, fields, _ = connection.send(invitation(vasya)).response()
        assert status == 401 and fields["www-authenticate"].startswith("Bearer")


def test_an_invalid_write_counts_once_against_the_rate_limit(start_server):
    server = start_server("--device-writes", "10")
    vasya = register(server, "vasya")
    statuses = []
    for _ in range(14):
        with Connection(server) as connection:
            statuses.append(connection.send(write(vasya, "/v1/calls", {"callee": 1})).response()[0])
    assert statuses == [422] * 14


def test_pipelined_requests_are_answered_in_order(server, vasya, petya):
    call_id = vasya.invite("petya")["callId"]
    petya.step(call_id, "accept")
    path = f"/v1/calls/{call_id}/candidates"
    one = [write(vasya, path, {"candidates": [{"candidate": f"c{n}"}]}) for n in range(20)]
    vasya.snapshot()
    poll = request_head(
        "GET", f"/v1/events?cursor={vasya.cursor}&waitSeconds=0", f"Authorization: Bearer {vasya.token}")
    healthy = request_head("GET", "/healthz")
    with Connection(server) as connection:
        connection.send(b"".join(one[:10]) + poll + b"".join(one[10:15]) + healthy + b"".join(one[15:]))
        statuses = [connection.response()[0] for _ in range(22)]
    assert statuses == [202] * 10 + [200] + [202] * 5 + [200] + [202] * 5
    texts = [item["candidate"]["candidate"] for item in petya.get(path)["items"]]
    assert texts == [f"c{n}" for n in range(20)]


def test_a_body_may_arrive_byte_by_byte(server, vasya, petya):
    with Connection(server) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in invitation(vasya):
            connection.send(bytes([byte]))
        assert connection.response()[0] == 201


def test_a_client_that_says_no_more_is_answered_and_closed(server, vasya, petya):
    with Connection(server) as connection:
        connection.send(invitation(vasya))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.response()[0] == 201
        assert connection.is_closed_by_peer()


def test_a_request_whose_body_is_incomplete_has_no_effect(server, vasya, petya):
    with Connection(server) as connection:
        connection.send(invitation(vasya)[:-1])
    with Connection(server) as connection:
        assert connection.send(write(vasya, "/v1/calls", {"callee": "vasya"})).response()[0] == 422
    assert vasya.get("/v1/calls")["items"] == []


def test_a_missing_body_times_out(server, vasya):
    with Connection(server, seconds=60) as connection:
        connection.send(invitation(vasya)[:-1])
        connection.wait_closed(40, "the server has given up")
    assert server.is_healthy()


def test_a_write_may_contain_an_origin_if_no_other_is_allowed(server, vasya, petya):
    with Connection(server) as connection:
        status, fields, _ = connection.send(invitation(vasya, "petya", f"Origin: {server.url}")).response()
        assert status == 201 and "access-control-allow-origin" not in fields


def test_an_allowed_origin_gets_cors_headers(start_server):
    server = start_server("--allowed-origins", "https://a.example")
    vasya = register(server, "vasya")
    register(server, "petya")
    with Connection(server) as connection:
        status, fields, _ = connection.send(invitation(vasya, "petya", "Origin: https://a.example")).response()
        assert status == 201 and fields["access-control-allow-origin"] == "https://a.example"


def test_sigterm_closes_an_idle_connection(server, vasya, petya):
    with Connection(server) as connection:
        assert connection.send(invitation(vasya)).response()[0] == 201
        server.terminate()
        assert connection.is_closed_by_peer()
    assert server.exit_code() == 0
