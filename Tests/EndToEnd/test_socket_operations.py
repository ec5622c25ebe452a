"""Which operations the browser SDK sends over its socket: all of the document, but for these."""

import json
import re

import pytest
import requests

from harness.contract import Contract

ENDS_THE_SOCKET = "the socket may be closed before the response"
NOT_OF_A_DEVICE = "for a server key or the administrator"
IN_THE_SNAPSHOT = "the snapshot and the events have it"
HAS_A_CONNECTION = "is a connection of its own, or prepares one"
OF_AN_APP = "a browser has a push subscription instead"
NEEDS_NO_TOKEN = "needs no token, so that no socket is open for it"
OVER_HTTP = {
    **dict.fromkeys(["deleteMe", "deleteSession", "deleteSessions"], ENDS_THE_SOCKET),
    **dict.fromkeys(["getOffer", "getAnswer", "listCandidates"], IN_THE_SNAPSHOT),
    **dict.fromkeys(["pollEvents", "streamEvents", "openSocket", "createTicket"], HAS_A_CONNECTION),
    **dict.fromkeys(["registerUser", "createSession", "getHealth", "getReadiness", "getMetrics", "getOpenAPI",
                     "getOpenAPIJSON", "getDocs", "getDemo", "getAsset", "getSDKFile"], NEEDS_NO_TOKEN),
    "setPushToken": OF_AN_APP,
    **dict.fromkeys(["endCall", "listWebhooks", "testWebhook", "listDeliveries", "getDelivery", "replayDelivery"],
                    NOT_OF_A_DEVICE),
}
FRAME = """async ([method, path, data, key]) => {
    const {socketRequest} = await import('/sdk/operations.js');
    return socketRequest(method, path, data, key).frame;
}"""


@pytest.fixture
def page(server, red_browser):
    context = red_browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/healthz")
    yield page
    context.close()


def test_every_operation_goes_over_the_socket_or_has_a_reason(server, page):
    paths = Contract(requests.get(f"{server.url}/openapi.yaml", timeout=20).content).document["paths"]
    over_http = set()
    for path, item in paths.items():
        names = re.findall(r"{(\w+)}", path)
        asked = re.sub(r"{(\w+)}", r"~\1%40", path.removeprefix("/v1/"))
        for method, operation in item.items():
            if method not in ("get", "put", "post", "patch", "delete"):
                continue
            frame = page.evaluate(FRAME, [method.upper(), asked, {"limit": 1}, "a key"])
            if not frame:
                over_http.add(operation["operationId"])
                continue
            request = json.loads(frame)
            data = {"limit": 1} | {name: f"~{name}@" for name in names}
            assert (request["op"], request["data"]) == (operation["operationId"], data), path
            assert request["key"] == "a key" and request["id"]
    others = {name for name in over_http if not name.startswith("platform")}
    assert others == OVER_HTTP.keys()


def test_a_password_and_a_message_too_long_for_a_frame_go_over_http(page):
    assert page.evaluate(FRAME, ["PATCH", "users/me", {"displayName": "V"}, "a key"])
    assert not page.evaluate(FRAME, ["PATCH", "users/me", {"password": "battery staple"}, None])
    assert page.evaluate(FRAME, ["POST", "calls/a/candidates", {"text": "ы" * 131_000}, "a key"])
    assert not page.evaluate(FRAME, ["POST", "calls/a/candidates", {"text": "ы" * 132_000}, "a key"])
