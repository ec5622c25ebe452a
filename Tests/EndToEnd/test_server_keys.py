"""What the back end of a platform does with a server key."""

import json
import re
import secrets
import threading
import time

import jwt
import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness.api import PASSWORD, Device, register
from harness.server_key import Backend, key_command
from harness.waiting import eventually

SECRET = "a secret of the platform, long enough"


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, start_server):
    schema = None
    if request.param == "postgresql":
        schema = request.getfixturevalue("database").schema(f"t_{secrets.token_hex(6)}")
    return start_server("--jwt-secret", SECRET, database=schema)


@pytest.fixture
def backend(server):
    return Backend(server)


def platform_token(user, device="phone-of-petya"):
    now = int(time.time())
    return jwt.encode({"sub": user, "device_id": device, "iat": now, "exp": now + 600}, SECRET, "HS256")


def test_users_are_created_changed_and_erased(server, backend):
    made = backend.expect(201, "POST", "/platform/users", {"userId": "petya", "displayName": "Petya"})
    assert made["hasPassword"] is False and made["busy"] == "wait"
    backend.expect(409, "POST", "/platform/users", {"userId": "petya"})
    assert "reserved" in backend.expect(422, "POST", "/platform/users", {"userId": "me"})["detail"]
    without = requests.post(server.url + "/v1/sessions", json={"userId": "petya", "password": PASSWORD}, timeout=10)
    assert without.status_code == 401
    changed = backend.expect(200, "PATCH", "/platform/users/petya", {"displayName": "P.", "password": PASSWORD})
    assert (changed["displayName"], changed["hasPassword"], changed["endedSessions"]) == ("P.", True, 0)
    petya = Device(server, "petya")
    assert petya.get("/v1/users/me")["displayName"] == "P."
    quiet = {"hours": {"from": "22:00", "to": "07:00", "timeZone": "Europe/Berlin"}}
    assert backend.expect(200, "PATCH", "/platform/users/petya", {"doNotDisturb": quiet})["doNotDisturb"] == quiet
    assert backend.expect(200, "GET", "/platform/users/petya")["doNotDisturb"] == quiet
    assert petya.get("/v1/users/me")["doNotDisturb"] == quiet
    wrong = backend.expect(422, "PATCH", "/platform/users/petya", {"doNotDisturb": {"hours": {"from": "22:00"}}})
    assert {error["field"] for error in wrong["errors"]} == {"doNotDisturb.hours.to", "doNotDisturb.hours.timeZone"}
    assert "doNotDisturb" not in backend.expect(200, "PATCH", "/platform/users/petya", {"doNotDisturb": {}})
    again = backend.expect(200, "PATCH", "/platform/users/petya", {"password": "battery staple"})
    assert again["endedSessions"] == 1
    petya.get("/v1/users/me", expect=401)
    backend.expect(204, "DELETE", "/platform/users/petya")
    backend.expect(404, "GET", "/platform/users/petya")
    backend.expect(409, "POST", "/platform/users", {"userId": "petya"})


def test_sessions_are_created_listed_and_revoked(server, backend):
    backend.expect(201, "POST", "/platform/users", {"userId": "petya"})
    session = backend.expect(201, "POST", "/platform/users/petya/sessions", {"deviceName": "phone"})
    other = backend.expect(201, "POST", "/platform/users/petya/sessions")
    me = {"Authorization": f"Bearer {session['token']}"}
    assert requests.get(server.url + "/v1/users/me", headers=me, timeout=10).json()["userId"] == "petya"
    items = backend.expect(200, "GET", "/platform/users/petya/sessions", params={"limit": 1})
    rest = backend.expect(200, "GET", "/platform/users/petya/sessions", params={"after": items["next"]})
    assert {item["deviceId"] for item in items["items"] + rest["items"]} == {session["deviceId"], other["deviceId"]}
    backend.expect(204, "DELETE", f"/platform/users/petya/sessions/{session['deviceId']}")
    backend.expect(204, "DELETE", f"/platform/users/petya/sessions/{session['deviceId']}")
    backend.expect(404, "DELETE", "/platform/users/petya/sessions/nothing-of-mine")
    assert requests.get(server.url + "/v1/users/me", headers=me, timeout=10).status_code == 401
    assert backend.expect(200, "DELETE", "/platform/users/petya/sessions") == {"endedSessions": 1}
    backend.expect(404, "POST", "/platform/users/nobody/sessions")


def test_blocks_are_set_for_a_user(server, backend):
    vasya = register(server, "vasya")
    register(server, "petya")
    backend.expect(204, "PUT", "/platform/users/vasya/blocks/petya")
    backend.expect(404, "PUT", "/platform/users/vasya/blocks/nobody")
    backend.expect(404, "PUT", "/platform/users/nobody/blocks/petya")
    backend.expect(403, "PUT", "/platform/users/vasya/blocks/vasya")
    assert [item["userId"] for item in vasya.get("/v1/users/me/blocks")["items"]] == ["petya"]
    assert backend.expect(200, "GET", "/platform/users/vasya/blocks")["items"] == vasya.get(
        "/v1/users/me/blocks")["items"]
    backend.expect(204, "DELETE", "/platform/users/vasya/blocks/petya")
    assert vasya.get("/v1/users/me/blocks")["items"] == []


def test_calls_are_read_and_ended(server, backend):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    petya.snapshot()
    call_id = vasya.invite("petya")["callId"]
    assert backend.expect(200, "GET", f"/platform/calls/{call_id}")["state"] == "inviting"
    assert backend.expect(200, "GET", "/platform/users/petya/calls")["items"][0]["callId"] == call_id
    assert backend.expect(200, "POST", f"/calls/{call_id}/end")["reason"] == "admin"
    what = [item["what"] for item in backend.expect(200, "GET", f"/platform/calls/{call_id}/timeline")["items"]]
    assert what == [item["what"] for item in vasya.get(f"/v1/calls/{call_id}/timeline")["items"]]
    assert petya.next_event("call.ended")["data"]["call"]["reason"] == "admin"
    backend.expect(404, "GET", "/platform/calls/nosuchcall")


def open_connections(server):
    """Sockets, streams and waiting polls."""
    metrics = requests.get(server.url + "/metrics", timeout=10).text
    return int(float(re.search(r"^ringback_streams (\S+)$", metrics, re.M).group(1)))


def test_a_ban_closes_everything_within_five_seconds_and_refuses_every_way_in(server, backend):
    petya, vasya = register(server, "petya"), register(server, "vasya")
    petya.snapshot()
    call_id = vasya.invite("petya")["callId"]
    petya.snapshot()
    by_platform = {"Authorization": "Bearer " + platform_token("petya")}
    assert requests.get(server.url + "/v1/users/me", headers=by_platform, timeout=10).status_code == 200
    ended = {}

    def read(way, path, headers):
        with requests.get(server.url + path, headers=headers, stream=True, timeout=60) as answer:
            for _ in answer.iter_content(None):
                pass
        ended[way] = time.monotonic()

    ways = [("stream", "/v1/events/stream", petya.http.headers),
            ("poll", f"/v1/events?waitSeconds=50&cursor={petya.cursor}", petya.http.headers),
            ("stream of the platform's token", "/v1/events/stream", by_platform)]
    threads = [threading.Thread(target=read, args=way) for way in ways]
    for thread in threads:
        thread.start()
    headers = {"Authorization": petya.http.headers["Authorization"]}
    with connect(server.url.replace("http", "ws") + "/v1/socket", additional_headers=headers) as socket:
        assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
        eventually(lambda: open_connections(server) == 4, 10, "all are open")
        begin = time.monotonic()
        assert backend.expect(200, "PUT", "/platform/users/petya/ban")["bannedAt"]
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(10)
        assert closed.value.rcvd.code == 4501
    for thread in threads:
        thread.join(30)
    assert len(ended) == 3 and max(ended.values()) - begin < 5
    assert vasya.get(f"/v1/calls/{call_id}")["reason"] == "admin"
    petya.get("/v1/users/me", expect=401)
    right = {"userId": "petya", "password": PASSWORD}
    for body, status in ((right, 403), ({**right, "password": "wrong password"}, 401),
                         ({"platformToken": platform_token("petya")}, 403)):
        answer = requests.post(server.url + "/v1/sessions", json=body, timeout=10)
        assert answer.status_code == status, answer.text
        assert status == 401 or answer.json()["code"] == "user_banned"
    answer = requests.get(
        server.url + "/v1/users/me", headers={"Authorization": "Bearer " + platform_token("petya", "new-phone")},
        timeout=10)
    assert answer.json()["code"] == "user_banned"
    assert backend.expect(403, "POST", "/platform/users/petya/sessions")["code"] == "user_banned"
    server.kill9()
    server.restart()
    assert requests.post(server.url + "/v1/sessions", json=right, timeout=10).status_code == 403
    backend.expect(204, "DELETE", "/platform/users/petya/ban")
    assert requests.post(server.url + "/v1/sessions", json=right, timeout=10).status_code == 201


def test_a_ban_and_a_revocation_reach_the_sockets_of_other_nodes(start_server, database):
    schema = database.schema(f"t_{secrets.token_hex(6)}")
    one, other = (
        start_server("--jwt-secret", SECRET, "--node-name", name, database=schema) for name in ("one", "other"))
    backend = Backend(other)
    for user, method, path in (("petya", "PUT", "ban"), ("vasya", "DELETE", "sessions")):
        backend.expect(201, "POST", "/platform/users", {"userId": user})
        token = backend.expect(201, "POST", f"/platform/users/{user}/sessions")["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with connect(one.url.replace("http", "ws") + "/v1/socket", additional_headers=headers) as socket:
            assert json.loads(socket.recv(10))["event"]["type"] == "welcome"
            begin = time.monotonic()
            backend.expect(200, method, f"/platform/users/{user}/{path}")
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    socket.recv(10)
            assert closed.value.rcvd.code == 4501 and time.monotonic() - begin < 5
        assert requests.get(one.url + "/v1/users/me", headers=headers, timeout=10).status_code == 401


def test_the_audit_log_says_who_did_what_to_whom_and_when(server, backend):
    reader = Backend(server, "reader", "audit")
    backend.expect(201, "POST", "/platform/users", {"userId": "petya"})
    backend.expect(409, "POST", "/platform/users", {"userId": "petya"})
    session = backend.expect(201, "POST", "/platform/users/petya/sessions", {"deviceId": "phone-of-petya"})
    backend.expect(200, "PUT", "/platform/users/petya/ban")
    reader.expect(403, "GET", "/platform/users/petya")
    assert requests.get(server.url + "/v1/platform/audit", timeout=10).status_code == 401
    items = reader.expect(200, "GET", "/platform/audit")["items"]
    assert [(item["key"], item["operation"], item.get("userId"), item.get("object")) for item in items] == [
        ("reader", "platformListAudit", None, None),
        ("reader", "platformGetUser", "petya", None),  # refused
        ("backend", "platformBanUser", "petya", None),
        ("backend", "platformCreateSession", "petya", session["deviceId"]),
        ("backend", "platformCreateUser", "petya", None)]
    page = reader.expect(200, "GET", "/platform/audit", params={"userId": "petya", "key": "backend", "limit": 2})
    assert [item["operation"] for item in page["items"]] == ["platformBanUser", "platformCreateSession"]
    rest = reader.expect(
        200, "GET", "/platform/audit", params={"userId": "petya", "key": "backend", "before": page["next"]})
    assert [item["operation"] for item in rest["items"]] == ["platformCreateUser"]


def test_a_key_is_void_once_it_is_revoked_or_has_expired(server, backend):
    backend.expect(404, "GET", "/platform/users/petya")
    listed = key_command(server, "list").stdout
    assert "backend\taudit,bans,blocks,calls:end,calls:read,sessions,users" in listed and backend.key not in listed
    key_command(server, "revoke", "backend")
    backend.expect(401, "GET", "/platform/users/petya")
    assert "revoked" in key_command(server, "list").stdout
    assert "no valid key" in key_command(server, "revoke", "backend", check=False).stderr
    taken = key_command(server, "create", "backend", "--scopes", "users", check=False)
    assert taken.returncode != 0 and "Choose another name" in taken.stderr
    unknown = key_command(server, "create", "other", "--scopes", "users,everything", check=False)
    assert unknown.returncode != 0 and "'everything' is not a scope" in unknown.stderr


def test_a_key_opens_no_socket_and_reads_no_events(server, backend):
    assert backend.request("GET", "/events").status_code == 403
    assert backend.request("GET", "/events/stream").status_code == 403
    assert backend.request("GET", "/users/me").status_code == 403
    assert backend.request("POST", "/tickets").status_code == 403
    with connect(server.url.replace("http", "ws") + "/v1/socket") as socket:
        socket.send(json.dumps({"id": 1, "op": "hello", "data": {"token": backend.key}}))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
        assert closed.value.rcvd.code == 4500


def test_refused_uses_are_in_the_audit_log_with_their_reason(server, backend):
    reader = Backend(server, "reader", "audit")
    assert reader.request("PUT", "/platform/users/petya/ban").status_code == 403
    assert reader.request("GET", "/users/me").status_code == 403
    key_command(server, "revoke", "reader")
    assert reader.request("GET", "/platform/audit").status_code == 401
    assert reader.request("GET", "/platform/users/nobody").status_code == 401
    unknown = {"Authorization": "Bearer " + reader.key[:-1] + ("A" if reader.key[-1] != "A" else "B")}
    for _ in range(3):
        assert requests.get(server.url + "/v1/platform/audit", headers=unknown, timeout=10).status_code == 401
    with connect(
            server.url.replace("http", "ws") + "/v1/socket", open_timeout=10) as socket:
        socket.send(json.dumps({"op": "hello", "data": {"token": backend.key}}))
        with pytest.raises(ConnectionClosed):
            socket.recv(10)
    entries = backend.expect(200, "GET", "/platform/audit")["items"][1:]
    assert [(entry["key"], entry["operation"], entry.get("userId"), entry["refusal"]) for entry in entries] == [
        ("backend", "openSocket", None, "forbidden"), ("reader", "platformGetUser", "nobody", "unauthenticated"),
        ("reader", "platformListAudit", None, "unauthenticated"), ("reader", "getMe", None, "forbidden"),
        ("reader", "platformBanUser", "petya", "forbidden")]


def test_the_token_of_a_user_who_was_erased_says_so(server, backend):
    headers = {"Authorization": "Bearer " + platform_token("masha")}
    assert requests.get(server.url + "/v1/users/me", headers=headers, timeout=10).status_code == 200
    backend.expect(204, "DELETE", "/platform/users/masha")
    answer = requests.get(server.url + "/v1/users/me", headers=headers, timeout=10)
    assert answer.status_code == 403 and "erased" in answer.json()["detail"]
