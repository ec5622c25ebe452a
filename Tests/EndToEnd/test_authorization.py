"""Who may do what: every operation of the document, over HTTP and over a socket, for every kind of sender."""

import itertools
import json
import re
import time

import jwt
import pytest
import requests
import yaml
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness.api import SDP, candidate
from harness.raw import Connection, upgrade_head
from harness.server import Server
from harness.server_key import SCOPES, Backend

SECRET = "a secret of the platform, long enough"
MEDIA = {"audio": True, "video": True}

# The senders: no token; a token of the platform that has expired; text that is no token; a token that another issuer
# has signed; a user with no part in the call; a user who took part in a call that has ended, and asks about that one;
# another device of the callee; the callee's device that has accepted the call; a banned user with a good token of the
# platform; a server key with every scope but the one that is needed; a server key with that scope.
TABLE = """
operation               none expired malformed foreign stranger former other participant banned key scope
registerUser             201     201       201     201      201    201   201         201    201 201   201
listUsers                401     401       401     401      200    200   200         200    403 403   403
getMe                    401     401       401     401      200    200   200         200    403 403   403
updateMe                 401     401       401     401      200    200   200         200    403 403   403
deleteMe                 401     401       401     401      204    204   204         204    403 403   403
getUser                  401     401       401     401      200    200   200         200    403 403   403
listBlocks               401     401       401     401      200    200   200         200    403 403   403
blockUser                401     401       401     401      204    204   204         204    403 403   403
unblockUser              401     401       401     401      204    204   204         204    403 403   403
listContacts             401     401       401     401      200    200   200         200    403 403   403
addContact               401     401       401     401      204    204   204         204    403 403   403
removeContact            401     401       401     401      204    204   204         204    403 403   403
getWatching              401     401       401     401      200    200   200         200    403 403   403
setWatching              401     401       401     401      200    200   200         200    403 403   403
getPresence              401     401       401     401      200    200   200         200    403 403   403
createSession            201     201       201     201      201    201   201         201    201 201   201
listSessions             401     401       401     401      200    200   200         200    403 403   403
deleteSessions           401     401       401     401      200    200   200         200    403 403   403
getSession               401     401       401     401      404    404   200         200    403 403   403
updateSession            401     401       401     401      404    404   200         200    403 403   403
deleteSession            401     401       401     401      404    404   204         204    403 403   403
createTicket             401     401       401     401      201    201   201         201    403 403   403
invite                   401     401       401     401      201    201   201         201    403 403   403
listCalls                401     401       401     401      200    200   200         200    403 403   403
getCall                  401     401       401     401      404    200   200         200    403 403   403
getTimeline              401     401       401     401      404    200   200         200    403 403   403
alerting                 401     401       401     401      404    409   409         409    403 403   403
accept                   401     401       401     401      404    200   409         200    403 403   403
decline                  401     401       401     401      404    409   409         409    403 403   403
cancel                   401     401       401     401      404    403   403         403    403 403   403
connected                401     401       401     401      404    409   403         200    403 403   403
hangUp                   401     401       401     401      404    200   403         200    403 403   403
markSeen                 401     401       401     401      404    409   409         403    403 403   403
markSeen                 401     401       401     401      404    204   409         409    403 403   403
endCall                  401     401       401     401      403    403   403         403    403 403   200
sendOffer                401     401       401     401      404    409   403         409    403 403   403
getOffer                 401     401       401     401      404    200   403         200    403 403   403
sendAnswer               401     401       401     401      404    409   403         201    403 403   403
getAnswer                401     401       401     401      404    404   403         404    403 403   403
addCandidates            401     401       401     401      404    409   403         202    403 403   403
listCandidates           401     401       401     401      404    200   403         200    403 403   403
setMedia                 401     401       401     401      404    409   403         200    403 403   403
reportQuality            401     401       401     401      404    204   403         204    403 403   403
getIceServers            401     401       401     401      200    200   200         200    403 403   403
getPush                  401     401       401     401      404    404   404         404    403 403   403
setPushSubscription      401     401       401     401      404    404   404         404    403 403   403
setPushToken             401     401       401     401      404    404   404         404    403 403   403
deletePushSubscription   401     401       401     401      204    204   204         204    403 403   403
platformCreateUser       401     401       401     401      403    403   403         403    403 403   201
platformGetUser          401     401       401     401      403    403   403         403    403 403   200
platformUpdateUser       401     401       401     401      403    403   403         403    403 403   200
platformEraseUser        401     401       401     401      403    403   403         403    403 403   204
platformBanUser          401     401       401     401      403    403   403         403    403 403   200
platformUnbanUser        401     401       401     401      403    403   403         403    403 403   204
platformCreateSession    401     401       401     401      403    403   403         403    403 403   201
platformListSessions     401     401       401     401      403    403   403         403    403 403   200
platformRevokeSessions   401     401       401     401      403    403   403         403    403 403   200
platformRevokeSession    401     401       401     401      403    403   403         403    403 403   204
platformListBlocks       401     401       401     401      403    403   403         403    403 403   200
platformBlockUser        401     401       401     401      403    403   403         403    403 403   204
platformUnblockUser      401     401       401     401      403    403   403         403    403 403   204
platformListContacts     401     401       401     401      403    403   403         403    403 403   200
platformAddContact       401     401       401     401      403    403   403         403    403 403   204
platformRemoveContact    401     401       401     401      403    403   403         403    403 403   204
platformListCalls        401     401       401     401      403    403   403         403    403 403   200
platformGetCall          401     401       401     401      403    403   403         403    403 403   200
platformGetTimeline      401     401       401     401      403    403   403         403    403 403   200
platformListAudit        401     401       401     401      403    403   403         403    403 403   200
listWebhooks             401     401       401     401      403    403   403         403    403 403   200
testWebhook              401     401       401     401      403    403   403         403    403 403   404
listDeliveries           401     401       401     401      403    403   403         403    403 403   200
getDelivery              401     401       401     401      403    403   403         403    403 403   404
replayDelivery           401     401       401     401      403    403   403         403    403 403   404
pollEvents               401     401       401     401      200    200   200         200    403 403   403
streamEvents             401     401       401     401      200    200   200         200    403 403   403
openSocket               101     401       401     401      101    101   101         101    403 403   403
getHealth                200     200       200     200      200    200   200         200    200 200   200
getReadiness             200     200       200     200      200    200   200         200    200 200   200
getMetrics               200     200       200     200      200    200   200         200    200 200   200
getOpenAPI               200     200       200     200      200    200   200         200    200 200   200
getOpenAPIJSON           200     200       200     200      200    200   200         200    200 200   200
getDocs                  200     200       200     200      200    200   200         200    200 200   200
getDemo                  200     200       200     200      200    200   200         200    200 200   200
getAsset                 200     200       200     200      200    200   200         200    200 200   200
getSDKFile               200     200       200     200      200    200   200         200    200 200   200
"""
LINES = [line.split() for line in TABLE.split("\n") if line]
SENDERS = LINES[0][1:]
EXPECTED = {line[0]: dict(zip(SENDERS, map(int, line[1:]), strict=True)) for line in LINES[1:]}
# Over a socket there are only the devices of users; all others can't open one.
ON_SOCKETS = ["stranger", "former", "other", "participant"]
NOT_ON_SOCKETS = {
    "streamEvents", "openSocket", "getHealth", "getReadiness", "getMetrics", "getOpenAPI", "getOpenAPIJSON", "getDocs",
    "getDemo", "getAsset", "getSDKFile"}


def token(user, device, secret=SECRET, issuer="chat", seconds=600):
    now = int(time.time())
    claims = {"sub": user, "device_id": device, "iss": issuer, "iat": now - 3600, "exp": now + seconds}
    return jwt.encode(claims, secret, "HS256")


class Device:
    def __init__(self, backend, user):
        session = backend.expect(201, "POST", f"/platform/users/{user}/sessions")
        self.user, self.token, self.device_id = user, session["token"], session["deviceId"]


class Scene:
    """A call of Petya's phone with Vasya, one that has ended, and everybody who might interfere."""

    numbers = itertools.count(1)

    def __init__(self, backend):
        self.server, self.backend = backend.server, backend
        number = next(self.numbers)
        self.names = {name: f"{name}-{number}" for name in ("vasya", "petya", "stranger", "former", "banned")}
        for user in self.names.values():
            backend.expect(201, "POST", "/platform/users", {"userId": user, "password": "correct horse battery"})
        names = self.names
        self.vasya, self.participant = Device(backend, names["vasya"]), Device(backend, names["petya"])
        self.other, self.third = Device(backend, names["petya"]), Device(backend, names["petya"])
        self.stranger, self.former = Device(backend, names["stranger"]), Device(backend, names["former"])
        backend.expect(200, "PUT", f"/platform/users/{names['banned']}/ban")
        self.ended_call = self.call(self.vasya, self.former)
        self.do(self.former, f"{self.ended_call}/hangup")
        self.live_call = self.call(self.vasya, self.participant)

    def do(self, device, path, body=None):
        headers = {"Authorization": f"Bearer {device.token}"}
        answer = requests.post(f"{self.server.url}/v1/calls/{path}", json=body, headers=headers, timeout=20)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def call(self, caller, callee):
        call_id = self.do(caller, "", {"callee": callee.user, "media": MEDIA})["callId"]
        self.do(callee, f"{call_id}/accept")
        self.do(caller, f"{call_id}/offer", {"description": {"type": "offer", "sdp": SDP}})
        return call_id

    def credentials(self, sender, keys):
        match sender:
            case "none": return None
            case "expired": return token(self.names["petya"], self.participant.device_id, seconds=-60)
            case "malformed": return "this-is-not-a-token"
            case "foreign": return token(self.names["petya"], self.participant.device_id, "another secret " * 4)
            case "banned": return token(self.names["banned"], "phone-of-a-banned-user")
            case "key" | "scope": return keys[sender].key
            case _: return getattr(self, sender).token

    def request(self, operation, sender):
        """Path parameters, query and body."""
        call_id = self.ended_call if sender == "former" else self.live_call
        user = self.names["petya" if operation.startswith("platform") else "vasya"]
        file = {"getAsset": "demo.js", "getSDKFile": "ringback.js"}.get(operation)
        path = {"userId": user, "callId": call_id, "deviceId": self.third.device_id,
                "blockedId": self.names["stranger"], "contactId": self.names["stranger"], "file": file,
                "webhook": "none", "deliveryId": "msg_none_1"}
        new = f"new-{next(self.numbers)}"
        body = {
            "registerUser": {"userId": new, "password": "correct horse battery"},
            "createSession": {"userId": self.names["vasya"], "password": "correct horse battery"},
            "updateMe": {"busy": "reject"}, "updateSession": {"muted": False},
            "setWatching": {"userIds": [self.names["vasya"]]},
            "invite": {"callee": self.names["vasya"], "media": MEDIA},
            "sendOffer": {"description": {"type": "offer", "sdp": SDP}},
            "sendAnswer": {"description": {"type": "answer", "sdp": SDP}, "negotiation": 1},
            "addCandidates": {"candidates": [candidate("")]}, "setMedia": {"held": True},
            "reportQuality": {"final": False}, "platformCreateUser": {"userId": new},
            "platformUpdateUser": {"busy": "reject"},
        }.get(operation)
        query = {"waitSeconds": 0} if operation == "pollEvents" else {}
        return path, query, body


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    server = Server(
        tmp_path_factory.mktemp("authorization"), "--jwt-secret", SECRET, "--jwt-issuer", "chat", "--device-writes",
        "1000")
    server.start()
    yield Backend(server)
    server.stop()


@pytest.fixture(scope="module")
def document(backend):
    text = requests.get(backend.server.url + "/openapi.yaml", timeout=20).text
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in yaml.safe_load(text)["paths"].items() for method, operation in item.items()
        if method in ("get", "put", "post", "patch", "delete")}


@pytest.fixture(scope="module")
def keys(backend, document):
    """For each scope a key that has it alone, and one that has all others."""
    scopes = SCOPES.split(",")
    return {
        scope: {"scope": Backend(backend.server, f"only-{number}", scope),
                "key": Backend(backend.server, f"without-{number}", ",".join(set(scopes) - {scope}))}
        for number, scope in enumerate(scopes)}


def needed_scope(operation):
    found = re.search(r"Scope: `([^`]+)`", operation.get("description", ""))
    return found and found.group(1)


def send(scene, method, path, parameters, query, body, bearer):
    url = scene.server.url + path.format(**parameters)
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    if path == "/v1/socket":
        connection = Connection(scene.server)
        connection.send(upgrade_head(*(f"{name}: {value}" for name, value in headers.items())))
        status, _ = connection.head()
        connection.socket.close()
        return status
    with requests.request(method, url, params=query, json=body, headers=headers, timeout=20, stream=True) as answer:
        return answer.status_code


def test_every_operation_of_the_document_has_a_row(document):
    assert set(document) == set(EXPECTED)
    platform = {name for name, (_, _, operation) in document.items() if "Platform" in operation["tags"]}
    assert {name for name in platform if not needed_scope(document[name][2])} == set()


@pytest.mark.parametrize("operation", EXPECTED)
def test_over_http(backend, document, keys, operation):
    method, path, description = document[operation]
    pair = keys[needed_scope(description) or "users"]
    scene, statuses = Scene(backend), {}
    for sender in SENDERS:
        if EXPECTED[operation][sender] < 300 and method != "GET":
            scene = Scene(backend)  # the one before may have changed everything
        parameters, query, body = scene.request(operation, sender)
        statuses[sender] = send(
            scene, method, path, parameters, query, body, scene.credentials(sender, pair))
    assert statuses == EXPECTED[operation]


def ask(socket, operation, data):
    socket.send(json.dumps({"id": "x", "op": operation, "data": data}))
    while True:
        frame = json.loads(socket.recv(20))
        if frame.get("id") == "x":
            return frame


def open_socket(server, bearer):
    return connect(
        server.url.replace("http", "ws") + "/v1/socket", additional_headers={"Authorization": f"Bearer {bearer}"})


@pytest.mark.parametrize("operation", EXPECTED)
def test_over_a_socket(backend, document, operation):
    method, path, _ = document[operation]
    scene, statuses = Scene(backend), {}
    for sender in ON_SOCKETS:
        if EXPECTED[operation][sender] < 300 and method != "GET":
            scene = Scene(backend)
        parameters, query, body = scene.request(operation, sender)
        parameters = {name: value for name, value in parameters.items() if "{" + name + "}" in path}
        with open_socket(scene.server, scene.credentials(sender, None)) as socket:
            try:
                statuses[sender] = ask(socket, operation, {**parameters, **query, **(body or {})})["status"]
            except ConnectionClosed as closed:
                # Its own sign-in is over: the socket may close before the answer.
                assert operation in ("deleteMe", "deleteSessions") and closed.rcvd.code == 4501
                statuses[sender] = EXPECTED[operation][sender]
    expected = {
        sender: 404 if operation in NOT_ON_SOCKETS else EXPECTED[operation][sender] for sender in ON_SOCKETS}
    assert statuses == expected


@pytest.mark.parametrize("sender", [sender for sender in SENDERS if sender not in ON_SOCKETS])
def test_nobody_else_opens_a_socket(backend, keys, sender):
    scene = Scene(backend)
    bearer = scene.credentials(sender, keys["users"])
    with connect(scene.server.url.replace("http", "ws") + "/v1/socket") as socket:
        socket.send(json.dumps({"id": 1, "op": "hello", "data": {"token": bearer}}))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(20)
        assert closed.value.rcvd.code in (4500, 4502)


def test_a_foreign_call_can_not_be_told_from_one_that_does_not_exist(backend, document):
    """Byte for byte, but for the date."""
    scene = Scene(backend)
    for operation, (method, path, _) in document.items():
        if "{callId}" not in path or EXPECTED[operation]["stranger"] != 404:
            continue
        parameters, query, body = scene.request(operation, "stranger")
        answers, frames = [], []
        for call_id in (scene.live_call, scene.ended_call, "A" * len(scene.live_call)):
            answer = requests.request(
                method, scene.server.url + path.format(**{**parameters, "callId": call_id}), json=body, timeout=20,
                headers={"Authorization": f"Bearer {scene.stranger.token}"})
            answers.append((answer.status_code, answer.content,
                            {name: value for name, value in answer.headers.items() if name.lower() != "date"}))
            with open_socket(scene.server, scene.stranger.token) as socket:
                frames.append(ask(socket, operation, {**query, **(body or {}), "callId": call_id}))
        assert answers[0][0] == 404 and answers[0] == answers[1] == answers[2], operation
        assert frames[0] == frames[1] == frames[2], operation
