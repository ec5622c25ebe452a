"""The rate limit of writes, and the writes that it does not affect."""

import json

import pytest
from websockets.sync.client import connect

from harness.api import register


@pytest.mark.parametrize("over", ["http", "socket"])
def test_what_ends_a_call_or_a_session_is_not_limited_by_other_writes(start_server, over):
    server = start_server("--device-writes", "1")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    calls = [vasya.invite("petya")["callId"] for _ in range(2)]
    petya.step(calls[0], "alerting")
    petya.step(calls[1], "accept")
    for device in (vasya, petya):
        while device.request("PUT", "/v1/users/me/watching", {"userIds": []}).status_code != 429:
            pass
    if over == "http":
        petya.step(calls[0], "decline")
        vasya.hang_up(calls[1])
        vasya.request("DELETE", f"/v1/sessions/{vasya.device_id}").raise_for_status()
        return
    address = server.url.replace("http", "ws") + "/v1/socket"
    with connect(address, additional_headers={"Authorization": f"Bearer {vasya.token}"}) as socket:
        socket.recv()
        for op, data in [
                ("cancel", {"callId": calls[0]}), ("hangUp", {"callId": calls[1], "reason": "completed"}),
                ("deleteSession", {"deviceId": vasya.device_id})]:
            socket.send(json.dumps({"id": op, "op": op, "data": data}))
        answers = {}
        while len(answers) < 2:
            message = json.loads(socket.recv(timeout=5))
            if "status" in message:
                answers[message["id"]] = message["status"]
    assert answers == {"cancel": 200, "hangUp": 200}
