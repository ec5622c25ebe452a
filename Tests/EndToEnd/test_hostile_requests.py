"""Invalid requests: each gets the right problem, without affecting a call."""

import json

import pytest
import requests

from harness.api import SDP, candidate, host_candidate
from harness.raw import Connection, request_head


@pytest.fixture(autouse=True)
def unharmed(stage):
    yield
    stage.is_unharmed()


def problem(response, status, code):
    """Checks that the response is this problem, in the problem format and without internals."""
    assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
    assert response.headers["content-type"].startswith("application/problem+json")
    body = response.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert {"type", "title", "detail", "retryable"} <= body.keys()
    for secret in ("SQL", "sqlite", ".swift", "Bearer ", "Sources/"):
        assert secret not in response.text
    return body


def as_json(device, path, text, method="POST"):
    """Sends the bytes as JSON, unchanged."""
    data = text if isinstance(text, bytes) else text.encode()
    return device.request(method, path, data=data, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "text",
    ['{"callee": "petya"', '{"callee": "petya",}', "{callee: 1}", "nul", '{"callee": "\\ud800"', "[" * 200,
     b'{"callee": "\xff\xfe"}', '{"callee": "a\x01b"}'],
    ids=["cut off", "trailing comma", "bare key", "half a word", "half a surrogate", "deep", "not UTF-8",
         "control character"])
def test_malformed_json_is_400(stage, text):
    body = problem(as_json(stage.stranger, "/v1/calls", text), 400, "malformed_json")
    words = ("line", "column", "byte", "offset", "position", "empty")
    assert any(word in body["detail"].lower() for word in words), body


def test_malformed_json_is_reported_with_its_position(stage):
    body = problem(as_json(stage.stranger, "/v1/calls", '{"callee": "petya",\n "media": !}'), 400, "malformed_json")
    assert any(character.isdigit() for character in body["detail"]), body


@pytest.mark.parametrize(
    "body, field",
    [({"callee": 7}, "callee"), ({"callee": None}, "callee"), ({}, "callee"), ({"callee": "no/slash"}, "callee"),
     ({"callee": "a" * 65}, "callee"), ({"callee": "petya", "ringSeconds": "10"}, "ringSeconds"),
     ({"callee": "petya", "ringSeconds": 9}, "ringSeconds"), ({"callee": "petya", "ringSeconds": 1e300}, "ringSeconds"),
     ({"callee": "petya", "media": {"audio": "yes"}}, "media"), ({"callee": "petya", "custom": "x" * 5000}, "custom")])
def test_invalid_values_are_422_with_the_field(stage, body, field):
    body.setdefault("media", {"audio": True, "video": True})
    errors = problem(stage.stranger.request("POST", "/v1/calls", body), 422, "invalid_request")["errors"]
    assert any(error["field"].startswith(field) and error["message"] for error in errors), errors


@pytest.mark.parametrize("text", ["[]", "7", '"text"', "null", "true"])
def test_json_other_than_an_object_is_422(stage, text):
    problem(as_json(stage.stranger, "/v1/calls", text), 422, "invalid_request")


@pytest.mark.parametrize("callee, status, code", [("nobody", 404, "user_not_found"), ("stranger", 422, "call_self")])
def test_users_who_cannot_be_called(stage, callee, status, code):
    body = {"callee": callee, "media": {"audio": True, "video": True}}
    problem(stage.stranger.request("POST", "/v1/calls", body), status, code)


def test_a_call_of_others_cannot_be_distinguished_from_a_missing_one(stage):
    foreign = problem(stage.stranger.request("GET", stage.call), 404, "not_found")
    none = problem(stage.stranger.request("GET", "/v1/calls/" + "0" * len(stage.pair.call_id)), 404, "not_found")
    for differing in ("instance", "detail"):
        foreign.pop(differing, None), none.pop(differing, None)
    assert foreign == none


STEPS = ["accept", "decline", "cancel", "hangup", "connected", "candidates", "offer", "answer"]


@pytest.mark.parametrize("step", STEPS)
def test_a_stranger_cannot_change_a_call(stage, step):
    bodies = {
        "candidates": {"candidates": [candidate(host_candidate(1))]},
        "offer": {"description": {"type": "offer", "sdp": SDP}},
        "answer": {"negotiation": 1, "description": {"type": "answer", "sdp": SDP}},
    }
    problem(stage.stranger.request("POST", f"{stage.call}/{step}", bodies.get(step)), 404, "not_found")


def test_an_sdp_over_its_bound_is_413(stage):
    body = {"description": {"type": "offer", "sdp": "v=0\r\n" + "a=x\r\n" * 27_000}}
    problem(stage.pair.caller.request("POST", f"{stage.call}/offer", body), 413, "payload_too_large")


@pytest.mark.parametrize("count", [0, 65])
def test_a_batch_of_no_or_too_many_candidates_is_422(stage, count):
    body = {"candidates": [candidate(host_candidate(n)) for n in range(count)]}
    response = stage.pair.caller.request("POST", f"{stage.call}/candidates", body)
    errors = problem(response, 422, "invalid_request")["errors"]
    assert errors[0]["field"].startswith("candidates")


def test_a_candidate_over_its_bound_is_413(stage):
    body = {"candidates": [candidate("candidate:" + "1" * 2048)]}
    problem(stage.pair.caller.request("POST", f"{stage.call}/candidates", body), 413, "payload_too_large")


def test_a_body_over_its_bound_is_413(stage):
    body = json.dumps({"callee": "petya", "custom": "x" * 262_144})
    problem(as_json(stage.stranger, "/v1/calls", body), 413, "payload_too_large")


def test_a_body_that_grows_over_its_bound_is_413(stage):
    chunks = (b"x" * 1024 for _ in range(300))
    with requests.Session() as http:
        response = http.post(
            stage.server.url + "/v1/calls", data=chunks, timeout=20,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {stage.stranger.token}"})
    problem(response, 413, "payload_too_large")


def test_a_stale_answer_is_409(stage):
    first = stage.pair.callee.get(f"{stage.call}/answer")
    stale = {"negotiation": 99, "description": {"type": "answer", "sdp": SDP}}
    problem(stage.pair.callee.request("POST", f"{stage.call}/answer", stale), 409, "stale_negotiation")
    assert stage.pair.callee.get(f"{stage.call}/answer") == first


@pytest.mark.parametrize(
    "method, path, allowed",
    [("PUT", "/v1/calls", {"GET", "POST"}), ("DELETE", "/v1/events", {"GET"}), ("GET", "/v1/tickets", {"POST"}),
     ("POST", "/healthz", {"GET"}), ("PATCH", "/v1/users/someone", {"GET"})])
def test_a_wrong_method_is_405_with_the_allowed_ones(stage, method, path, allowed):
    response = stage.stranger.request(method, path)
    problem(response, 405, "method_not_allowed")
    assert allowed <= {word.strip() for word in response.headers["allow"].split(",")}


def test_an_unknown_path_is_404(stage):
    problem(stage.stranger.request("GET", "/v1/nothing/here"), 404, "not_found")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "a/b/c", ""])
def test_another_media_type_is_415(stage, kind):
    response = stage.stranger.request("POST", "/v1/calls", data=b'{"callee":"petya"}', headers={"Content-Type": kind})
    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "field", ["", "Bearer", "Bearer nothing", "Basic YTpi", "Bearer " + "x" * 5000, "Bearer \u00e9"])
def test_without_a_valid_token_it_is_401(stage, field):
    response = requests.get(
        stage.server.url + "/v1/calls", headers={"Authorization": field.encode("latin-1")}, timeout=10)
    problem(response, 401, "unauthenticated")
    assert "bearer" in response.headers["www-authenticate"].lower()


@pytest.mark.parametrize(
    "path", ["/v1/users/%00", "/v1/users/%", "/v1/users/%ff%fe", "/v1/users/..%2f..%2fetc", "/v1/calls/%2e%2e"])
def test_an_invalid_path_is_a_client_error(stage, path):
    assert 400 <= stage.stranger.request("GET", path).status_code < 500


@pytest.mark.parametrize("cursor, status", [("x" * 129, 422), ("not a cursor", 422), ("1.1", 410), ("%00", 422)])
def test_an_invalid_cursor_is_rejected(stage, cursor, status):
    response = stage.stranger.request("GET", f"/v1/events?waitSeconds=0&cursor={cursor}")
    assert response.status_code in (status, 410, 422)
    problem(response, response.status_code, "cursor_expired" if response.status_code == 410 else "invalid_request")


@pytest.mark.parametrize(
    "query", ["waitSeconds=-1", "waitSeconds=61", "waitSeconds=x", "limit=0", "limit=1001", "waitSeconds=1e3"])
def test_an_invalid_query_is_422(stage, query):
    problem(stage.stranger.request("GET", f"/v1/events?{query}"), 422, "invalid_request")


def test_a_body_without_a_token_is_refused_before_it_is_held(stage):
    """Anyone could make the server hold a quarter of a megabyte for each of his connections."""
    for fields in (["Content-Length: 16385"], ["Transfer-Encoding: chunked"]):
        head = request_head("POST", "/v1/users", "Content-Type: application/json", *fields)
        body = b"4001\r\n" + b"x" * 0x4001 if "chunked" in fields[0] else b""
        with Connection(stage.server) as connection:
            assert connection.send(head + body).response()[0] == 413
    head = request_head("POST", "/v1/calls", "Content-Type: application/json", "Content-Length: 200000")
    with Connection(stage.server) as connection:
        assert connection.send(head).response()[0] == 401, "the token is looked at first"
