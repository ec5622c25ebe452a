"""Users and devices on which calls do not ring, over HTTP and over a socket."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from harness.api import PASSWORD, Device, register
from harness.raw import TEXT, RawWebSocket, frame
from harness.waiting import eventually


NOW = datetime.now(UTC)
UNTIL = (NOW + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
HOURS = {"from": f"{NOW - timedelta(hours=1):%H:%M}", "to": f"{NOW + timedelta(hours=1):%H:%M}", "timeZone": "UTC"}


def over_http(server, device, method, path, op, body):
    response = device.request(method, path, body)
    assert response.ok, response.text
    return response.json() if response.content else None


def over_socket(server, device, method, path, op, body):
    with RawWebSocket(server, device) as socket:
        assert b"welcome" in socket.next_frame()[1]
        socket.send(frame(TEXT, json.dumps({"id": 1, "op": op, "data": body}).encode()))
        while True:
            answer = json.loads(socket.next_frame()[1])
            if answer.get("id") == 1:
                assert answer["status"] < 300, answer
                return answer.get("data")


@pytest.mark.parametrize("send", [over_http, over_socket])
@pytest.mark.parametrize("setting", [{"until": UNTIL}, {"hours": HOURS}])
def test_somebody_who_is_not_to_be_disturbed_misses_the_call(start_server, send, setting):
    server = start_server("--unreachable-seconds", "10")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    me = send(server, petya, "PATCH", "/v1/users/me", "updateMe", {"doNotDisturb": setting})
    assert me["doNotDisturb"] == setting and petya.get("/v1/users/me")["doNotDisturb"] == setting
    assert "doNotDisturb" not in vasya.get("/v1/users/petya"), "nobody else learns of it"
    petya.snapshot()
    call_id = vasya.invite("petya", ringSeconds=30)["callId"]
    assert petya.events() == [] and petya.get("/v1/events")["calls"] == []
    eventually(lambda: vasya.get(f"/v1/calls/{call_id}")["state"] == "ended", 15, "nobody answers")
    assert vasya.get(f"/v1/calls/{call_id}")["reason"] == "unreachable"
    assert [event["type"] for event in petya.events()] == ["call.ended"]
    assert petya.get("/v1/calls")["items"][0]["missed"]
    assert "doNotDisturb" not in send(server, petya, "PATCH", "/v1/users/me", "updateMe", {"doNotDisturb": {}})
    vasya.invite("petya")
    assert [event["type"] for event in petya.events()] == ["call.incoming"]


@pytest.mark.parametrize("send", [over_http, over_socket])
def test_a_muted_device_is_told_not_to_ring(server, send):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    tablet = Device(server, "petya", PASSWORD)
    body = {"muted": True, "deviceId": tablet.device_id} if send is over_socket else {"muted": True}
    path = f"/v1/sessions/{tablet.device_id}"
    assert send(server, petya, "PATCH", path, "updateSession", body)["muted"]
    assert tablet.get(path)["muted"] and not petya.get(f"/v1/sessions/{petya.device_id}")["muted"]
    for device in (petya, tablet):
        device.snapshot()
    call_id = vasya.invite("petya")["callId"]
    for device in (petya, tablet):
        assert device.events()[0]["data"]["mutedDevices"] == [tablet.device_id]
    assert tablet.get("/v1/events")["calls"] == [] and len(petya.get("/v1/events")["calls"]) == 1
    assert "mutedDevices" not in json.dumps(vasya.get(f"/v1/calls/{call_id}"))
    tablet.step(call_id, "accept")
    assert vasya.get(f"/v1/calls/{call_id}")["callee"]["deviceId"] == tablet.device_id, "it can answer all the same"
    assert not send(server, petya, "PATCH", path, "updateSession", {**body, "muted": False})["muted"]
    assert vasya.request("PATCH", path, {"muted": True}).status_code == 404


@pytest.mark.parametrize("setting, field", [
    ({"until": "tomorrow"}, "until"), ({"hours": {}}, "hours.from"),
    ({"hours": {"from": "22:00", "to": "22:00", "timeZone": "UTC"}}, "hours.to"),
    ({"hours": {"from": "24:00", "to": "07:00", "timeZone": "UTC"}}, "hours.from"),
    ({"hours": {"from": "22:00", "to": "07:00", "timeZone": "Europe/Atlantis"}}, "hours.timeZone"),
    ([], "doNotDisturb")])
def test_a_setting_is_checked(server, setting, field):
    petya = register(server, "petya")
    answer = petya.request("PATCH", "/v1/users/me", {"doNotDisturb": setting})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].removeprefix("doNotDisturb.") == field


@pytest.mark.parametrize("send", [over_http, over_socket])
def test_a_missed_call_that_is_seen_on_one_device_is_so_on_all(server, send):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    tablet = Device(server, "petya", PASSWORD)
    call_id = vasya.invite("petya")["callId"]
    vasya.step(call_id, "cancel")
    tablet.snapshot()
    assert not petya.get("/v1/calls")["items"][0]["seen"]
    send(server, petya, "POST", f"/v1/calls/{call_id}/seen", "markSeen", {"callId": call_id})
    event = tablet.next_event("call.seen")
    assert event["callId"] == call_id and event["data"] == {"until": vasya.get(f"/v1/calls/{call_id}")["createdAt"]}
    assert tablet.get("/v1/calls")["items"][0]["seen"]
    assert "seen" not in vasya.get("/v1/calls")["items"][0]
    server.kill9()
    server.restart()
    assert tablet.get("/v1/calls")["items"][0]["seen"] and vasya.get(f"/v1/calls/{call_id}")["state"] == "ended"


@pytest.mark.parametrize("size", [(360, 640), (1280, 720)], ids=["narrow", "wide"])
@pytest.mark.parametrize("button", ["quiet", "muted"])
def test_a_page_whose_button_is_pressed_does_not_ring(phone, button, size):
    vasya, petya = phone("vasya"), phone("petya")
    petya.page.set_viewport_size({"width": size[0], "height": size[1]})
    press(petya.page, button, size, "true")
    petya.reload()
    petya.reaches("idle")
    petya.connection_is("online")
    petya.page.click("#me > summary")
    petya.page.wait_for_selector(f"#{button}[aria-pressed=true]")
    vasya.call("petya")
    eventually(lambda: vasya.body("state") != "idle", 10, "the call has begun")
    time.sleep(2)
    assert petya.body("state") == "idle"
    vasya.hang_up()
    vasya.reaches("ended")
    vasya.page.click("#dismiss")
    press(petya.page, button, size, "false")
    vasya.call("petya")
    petya.reaches("incoming")


def press(page, button, size, pressed):
    if page.get_attribute("#me", "open") is None:
        page.click("#me > summary")
    box = page.locator(f"#{button}").bounding_box()
    assert box["x"] >= 0 and box["y"] >= 0 and box["height"] >= 24
    assert box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= size[1]
    page.click(f"#{button}")
    page.wait_for_selector(f"#{button}[aria-pressed={pressed}]")
