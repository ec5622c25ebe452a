"""Optional members of requests may be null, which means absent: generated clients and `JSON.stringify` send nulls. The members are taken
from the OpenAPI document."""

import json

import pytest
import requests

from harness.api import PASSWORD, TalkingPair, register
from harness.contract import Contract
from harness.raw import TEXT, RawWebSocket, frame
from harness.server_key import Backend


@pytest.fixture(scope="module")
def world(stage):
    contract = Contract(requests.get(stage.server.url + "/openapi.yaml", timeout=10).content)
    return stage.server, contract, bodies(contract)


def bodies(contract):
    """(method, path, schema, example) of each operation that takes a body, by its operationId."""
    found = {}
    for path, item in contract.document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                found[operation["operationId"]] = (method, path, content["schema"], content["example"])
    return found


class Nulls:
    """Replaces optional members with null, at every level."""

    def __init__(self, contract):
        self._contract = contract

    def shallow(self, schema, value):
        """The required members, and null for all others."""
        return self._filled(schema, value, lambda inner, part: None)

    def deep(self, schema, value):
        """The example, with null for optional members that are not objects or arrays."""
        return self._filled(schema, value, self._inner)

    def _inner(self, schema, value):
        schema = self._plain(schema)
        return self.deep(schema, value) if isinstance(value, dict) and "properties" in schema else None

    def _filled(self, schema, value, optional):
        schema = self._plain(schema)
        if isinstance(value, list):
            return [self._filled(schema["items"], part, optional) for part in value]
        if not isinstance(value, dict) or "properties" not in schema:
            return value
        required, filled = schema.get("required", []), {}
        for name, part in schema["properties"].items():
            if name in required:
                filled[name] = self._filled(part, value[name], optional)
            else:
                filled[name] = optional(part, value.get(name))
        return filled

    def _plain(self, schema):
        schema = self._contract._resolved(schema)
        return self._contract._resolved(schema["anyOf"][0]) if "anyOf" in schema else schema


def prepared(server, operation, number):
    """The device that sends the request, and the parameters of the path: a call in a suitable state."""
    if operation in ("registerUser", "createSession", "updateMe", "setWatching"):
        register(server, f"petya-{number}")
        return register(server, f"vasya-{number}"), {}
    if operation == "updateSession":
        device = register(server, f"vasya-{number}")
        return device, {"deviceId": device.device_id}
    if operation in ("invite", "decline"):
        vasya, petya = register(server, f"vasya-{number}"), register(server, f"petya-{number}")
        if operation == "invite":
            return vasya, {}
        return petya, {"callId": vasya.invite(f"petya-{number}")["callId"]}
    pair = TalkingPair(server, f"vasya-{number}", f"petya-{number}")
    if operation == "sendAnswer":
        pair.caller.offer(pair.call_id)
        return pair.callee, {"callId": pair.call_id}
    return pair.caller, {"callId": pair.call_id}


OPERATIONS = [
    "registerUser", "createSession", "updateSession", "updateMe", "setWatching", "invite", "decline", "hangUp",
    "sendOffer", "sendAnswer", "addCandidates", "setMedia", "reportQuality"]
# A server key opens no socket.
PLATFORM = ["platformCreateUser", "platformUpdateUser", "platformCreateSession"]
# Their bodies have no optional members.
REQUIRED = ["setPushSubscription", "setPushToken"]
# Names in the examples, and their values for the users of this test.
NAMES = {"registerUser": {"userId": "new"}, "createSession": {"userId": "vasya", "password": PASSWORD},
         "setWatching": {"userIds": ["petya"]}, "invite": {"callee": "petya"}, "sendAnswer": {"negotiation": 2}}


def test_the_table_has_every_operation_that_takes_a_body(world):
    assert sorted(bodies(world[1])) == sorted(OPERATIONS + PLATFORM + REQUIRED)


def over_http(server, device, operation, method, path, parameters, body):
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", value)
    return device.request(method, path, body).status_code


def over_socket(server, device, operation, method, path, parameters, body):
    with RawWebSocket(server, device) as socket:
        assert b"welcome" in socket.next_frame()[1]
        request = {"id": 1, "op": operation, "key": None, "data": {**body, **parameters}}
        socket.send(frame(TEXT, json.dumps(request).encode()))
        while True:
            answer = json.loads(socket.next_frame()[1])
            if answer.get("id") == 1:
                return answer["status"]


number = iter(range(1000))


@pytest.mark.parametrize("depth", ["shallow", "deep"])
@pytest.mark.parametrize("send", [over_http, over_socket])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_null_is_absent(world, operation, send, depth):
    server, contract, all_bodies = world
    n = next(number)
    method, path, schema, example = all_bodies[operation]
    device, parameters = prepared(server, operation, n)
    body = getattr(Nulls(contract), depth)(schema, example)
    for name, value in NAMES.get(operation, {}).items():
        if body[name] is not None:
            body[name] = f"{value}-{n}" if name in ("userId", "callee") else value
    if operation == "setWatching":
        body["userIds"] = [f"petya-{n}"]
    contract.validate(schema, body, operation)
    status = send(server, device, operation, method, path, parameters, body)
    assert 200 <= status < 300, (status, body)


@pytest.fixture(scope="module")
def backend(stage):
    return Backend(stage.server)


@pytest.mark.parametrize("depth", ["shallow", "deep"])
@pytest.mark.parametrize("operation", PLATFORM)
def test_null_is_absent_to_a_back_end(world, backend, operation, depth):
    server, contract, all_bodies = world
    n = next(number)
    method, path, schema, example = all_bodies[operation]
    register(server, f"masha-{n}")
    body = getattr(Nulls(contract), depth)(schema, example)
    if operation == "platformCreateUser":
        body["userId"] = f"new-{n}"
    contract.validate(schema, body, operation)
    answer = backend.request(method, path.removeprefix("/v1").replace("{userId}", f"masha-{n}"), body)
    assert 200 <= answer.status_code < 300, (answer.text, body)


def test_other_nulls_of_a_message_are_absent_too(world):
    server = world[0]
    device = register(server, "masha")
    with RawWebSocket(server, device) as socket:
        assert b"welcome" in socket.next_frame()[1]
        socket.send(frame(TEXT, b'{"id":null,"op":"getMe","data":null,"key":null}'))
        assert json.loads(socket.next_frame()[1])["status"] == 200
        parameters = b'{"id":2,"op":"listCalls","data":{"limit":null,"with":null,"state":null,"before":null}}'
        socket.send(frame(TEXT, parameters))
        assert json.loads(socket.next_frame()[1])["status"] == 200
        socket.send(frame(TEXT, b'{"id":3,"op":"invite","data":{"callee":null}}'))
        refused = json.loads(socket.next_frame()[1])
        assert refused["status"] == 422 and refused["error"]["errors"][0]["field"] == "callee"
