"""The responses of the server match its OpenAPI document, operation by operation."""

import json

import pytest
import requests
from openapi_spec_validator import validate

from harness.api import PASSWORD, SDP, candidate, host_candidate, register
from harness.contract import Contract
from harness.server_key import Backend

# Streams and sockets are not tested here, but in test_foreign_websockets.py.
NOT_ASKED = {"streamEvents", "openSocket"}
MEDIA = {"audio": True, "video": True}


@pytest.fixture
def contract(server):
    return Contract(requests.get(server.url + "/openapi.yaml", timeout=10).content)


def test_the_document_is_valid_openapi(contract):
    validate(contract.document)


def test_the_json_equals_the_yaml(server, contract):
    response = requests.get(server.url + "/openapi.json", timeout=10)
    assert response.headers["content-type"] == "application/json"
    assert json.dumps(response.json()) == json.dumps(contract.document), "types or order differ"


def test_every_example_matches_its_schema(contract):
    examples = contract.examples()
    assert len(examples) > 100
    for where, schema, value in examples:
        contract.validate(schema, value, where)


def test_schemas_use_only_simple_features(contract):
    """Code generators lose members of schemas that are combined with allOf, and values that a const restricts."""
    def keywords(node):
        if isinstance(node, dict):
            if "anyOf" in node and [list(choice) for choice in node["anyOf"]] == [["$ref"], ["type"]]:
                # A reference to a schema, or null.
                assert node["anyOf"][1] == {"type": "null"}
                return
            for key, value in node.items():
                if key not in ("example", "examples", "properties"):
                    yield key
                yield from keywords(value) if key not in ("example", "examples") else ()
        elif isinstance(node, list):
            for item in node:
                yield from keywords(item)

    assert not set(keywords(contract.schemas())) & {"allOf", "anyOf", "const"}
    for name, schema in contract.schemas().items():
        assert ("oneOf" in schema) == ("discriminator" in schema), name
    common = contract.schemas()["Call"]
    for name in ("HistoryCall", "LiveCall"):
        schema = contract.schemas()[name]
        assert common["properties"].items() <= schema["properties"].items(), name
        assert set(common["required"]) <= set(schema["required"]), name


def judged(contract, device):
    device.http.hooks["response"].append(contract.check)
    return device


def a_whole_call(vasya, petya):
    vasya.snapshot()
    call_id = vasya.invite("petya", custom={"topic": ["cats", 9, None]})["callId"]
    path = f"/v1/calls/{call_id}"
    petya.get("/v1/events")
    petya.step(call_id, "alerting")
    vasya.offer(call_id, expect=409)
    petya.step(call_id, "accept")
    vasya.get(f"{path}/offer", expect=404)
    vasya.offer(call_id)
    vasya.candidates(call_id, host_candidate(1), "")
    petya.get("/v1/events")
    petya.get(f"{path}/offer")
    petya.answer(call_id)
    petya.answer(call_id, negotiation=1, expect=409)
    petya.get(f"{path}/candidates")
    vasya.get(f"{path}/answer")
    vasya.step(call_id, "connected")
    petya.step(call_id, "connected")
    off = {"kind": "video", "muted": True}
    vasya.put(f"{path}/media", {"camera": off, "held": False})
    vasya.step(call_id, "quality", {"final": False, "roundTripTimeMs": 41.5}, expect=204)
    vasya.get(path)
    vasya.get("/v1/calls", params={"state": "live"})
    petya.hang_up(call_id)
    petya.hang_up(call_id)
    vasya.get(f"{path}/timeline")
    petya.snapshot()
    vasya.events()
    vasya.get("/v1/calls", params={"with": "petya"})
    vasya.step(call_id, "accept", expect=403)
    vasya.step(call_id, "end", expect=403)


def calls_that_come_to_nothing(vasya, petya):
    petya.step(vasya.invite("petya")["callId"], "decline", {"message": "in a meeting"})
    canceled = vasya.step(vasya.invite("petya")["callId"], "cancel")["callId"]
    petya.step(canceled, "seen", expect=204)
    vasya.step(canceled, "seen", expect=403)
    petya.request("PATCH", "/v1/users/me", {"busy": "reject", "displayName": "Petya B."})
    vasya.post("/v1/calls", {"callee": "nobody", "media": MEDIA}, expect=404)
    vasya.post("/v1/calls", {"callee": "petya", "media": 7}, expect=422)
    standing = vasya.invite("petya")["callId"]
    glare = petya.post("/v1/calls", {"callee": "vasya", "media": MEDIA}, expect=200)
    assert glare["merged"] is True and glare["callId"] == standing
    petya.hang_up(standing)
    vasya.events()


def an_account(vasya):
    vasya.get("/v1/users/me")
    vasya.get("/v1/users/petya")
    vasya.get("/v1/users/nobody", expect=404)
    first = vasya.get("/v1/users", params={"limit": 1})
    vasya.get("/v1/users", params={"limit": 1, "after": first["next"]})
    vasya.put("/v1/users/me/watching", {"userIds": ["petya"]})
    vasya.get("/v1/users/me/watching")
    vasya.get("/v1/users/petya/presence")
    vasya.put("/v1/users/me/blocks/petya", expect=204)
    vasya.get("/v1/users/me/blocks")
    assert vasya.request("DELETE", "/v1/users/me/blocks/petya").status_code == 204
    vasya.put("/v1/users/me/contacts/petya", expect=204)
    vasya.get("/v1/users/me/contacts")
    assert vasya.request("DELETE", "/v1/users/me/contacts/petya").status_code == 204
    vasya.post("/v1/tickets", expect=201)
    vasya.get("/v1/sessions")
    vasya.get(f"/v1/sessions/{vasya.device_id}")
    assert vasya.request("PATCH", f"/v1/sessions/{vasya.device_id}", {"muted": False}).status_code == 200
    vasya.get("/v1/ice-servers")
    vasya.get("/v1/push", expect=404)
    vasya.put("/v1/push/subscription", {"endpoint": "https://push.example.org/", "keys": {}}, expect=404)
    vasya.put("/v1/push/token", {"service": "fcm", "token": "a"}, expect=404)
    assert vasya.request("DELETE", "/v1/push/subscription").status_code == 204
    vasya.get("/v1/events", params={"cursor": "1.1"}, expect=410)
    pages = ("/docs", "/", "/assets/demo.js", "/sdk/ringback.js")
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.yaml", "/openapi.json", *pages):
        assert vasya.request("GET", path).status_code == 200, path


def what_only_an_administrator_may(vasya):
    vasya.get("/v1/webhooks", expect=403)
    vasya.post("/v1/webhooks/default/test", expect=403)
    vasya.get("/v1/webhooks/deliveries", expect=403)
    vasya.get("/v1/webhooks/deliveries/msg_1_1", expect=403)
    vasya.post("/v1/webhooks/deliveries/msg_1_1/replay", expect=403)


def goodbye(vasya, petya):
    body = {"userId": "petya", "displayName": "Petya", "password": PASSWORD}
    vasya.post("/v1/users", body, expect=409)
    vasya.post("/v1/sessions", {"userId": "petya", "password": "not it at all"}, expect=401)
    vasya.post("/v1/users", {**body, "userId": "anna"}, expect=201)
    anna = {"userId": "anna", "password": PASSWORD}
    session = vasya.post("/v1/sessions", anna, expect=201)
    headers = {"Authorization": f"Bearer {session['token']}"}
    other = vasya.request("DELETE", f"/v1/sessions/{session['deviceId']}", headers=headers)
    assert other.status_code == 204
    new = {"password": "battery staple", "oldPassword": PASSWORD}
    assert vasya.request("PATCH", "/v1/users/me", {**new, "oldPassword": "not it"}).status_code == 403
    assert vasya.request("PATCH", "/v1/users/me", new).json()["endedSessions"] == 0
    again = {"Authorization": f"Bearer {vasya.post('/v1/sessions', anna, expect=201)['token']}"}
    assert vasya.request("DELETE", "/v1/sessions", headers=again).json() == {"endedSessions": 1}
    assert petya.request("DELETE", "/v1/users/me").status_code == 204
    petya.get("/v1/users/me", expect=401)


def a_back_end(backend, vasya):
    user = "/platform/users/masha"
    backend.expect(201, "POST", "/platform/users", {"userId": "masha"})
    backend.expect(409, "POST", "/platform/users", {"userId": "masha"})
    backend.expect(422, "POST", "/platform/users", {"userId": "me"})
    backend.expect(200, "GET", user)
    backend.expect(404, "GET", "/platform/users/nobody")
    backend.expect(200, "PATCH", user, {"displayName": "Masha", "password": PASSWORD})
    device = backend.expect(201, "POST", f"{user}/sessions", {"deviceName": "phone"})["deviceId"]
    backend.expect(200, "GET", f"{user}/sessions")
    backend.expect(204, "DELETE", f"{user}/sessions/{device}")
    backend.expect(404, "DELETE", f"{user}/sessions/{device}-of-nobody")
    backend.expect(200, "DELETE", f"{user}/sessions")
    backend.expect(204, "PUT", f"{user}/blocks/petya")
    backend.expect(200, "GET", f"{user}/blocks")
    backend.expect(204, "DELETE", f"{user}/blocks/petya")
    backend.expect(204, "PUT", f"{user}/contacts/vasya")
    backend.expect(200, "GET", f"{user}/contacts")
    backend.expect(204, "DELETE", f"{user}/contacts/vasya")
    backend.expect(200, "PATCH", user, {"callsFrom": "contacts"})
    vasya.post("/v1/calls", {"callee": "masha", "media": MEDIA}, expect=403)
    backend.expect(200, "PATCH", user, {"callsFrom": "everyone"})
    call_id = vasya.invite("masha")["callId"]
    backend.expect(200, "GET", f"{user}/calls")
    backend.expect(200, "GET", f"/platform/calls/{call_id}")
    backend.expect(200, "POST", f"/calls/{call_id}/end")
    backend.expect(200, "GET", f"/platform/calls/{call_id}/timeline")
    backend.expect(404, "GET", "/platform/calls/nosuchcall")
    backend.expect(200, "PUT", f"{user}/ban")
    backend.expect(403, "POST", f"{user}/sessions")
    backend.expect(204, "DELETE", f"{user}/ban")
    backend.expect(204, "DELETE", user)
    backend.expect(200, "GET", "/platform/audit", params={"limit": 5})
    backend.expect(422, "GET", "/platform/audit", params={"key": "not a name"})
    vasya.get("/v1/platform/audit", expect=403)


def test_every_operation_responds_as_documented(server, contract):
    vasya, petya = (judged(contract, register(server, name)) for name in ("vasya", "petya"))
    a_back_end(judged(contract, Backend(server)), vasya)
    a_whole_call(vasya, petya)
    calls_that_come_to_nothing(vasya, petya)
    an_account(vasya)
    what_only_an_administrator_may(vasya)
    goodbye(vasya, petya)
    assert contract.operation_ids() - contract.asked == NOT_ASKED


def test_media_are_passed_on_unchanged(server):
    """W3C dictionaries are passed on unchanged, including members that the server does not know."""
    vasya, petya = register(server, "vasya"), register(server, "petya")
    call_id = vasya.invite("petya", custom={"topic": "cats", "π": [1.5, None]})["callId"]
    petya.snapshot()
    petya.step(call_id, "accept")
    assert petya.get(f"/v1/calls/{call_id}")["custom"] == {"topic": "cats", "π": [1.5, None]}
    sdp = SDP + "a=x-unknown:<&\"\\/\u2028\U0001f600>\r\n"
    vasya.offer(call_id, sdp)
    assert petya.next_event("call.offer")["data"]["description"] == {"type": "offer", "sdp": sdp}
    odd = {**candidate("candidate:1 1 udp 1 ::1 9 typ host"), "sdpMLineIndex": None, "x-vendor": {"a": [1, "\u00e9"]}}
    vasya.step(call_id, "candidates", {"candidates": [odd]}, expect=202)
    assert petya.next_event("call.candidates")["data"]["candidates"] == [odd]
