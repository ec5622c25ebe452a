"""A caller who disconnects while the call rings: the callee is notified, and the call stops ringing."""

import time

from harness.api import register
from harness.raw import Connection, request_head


def stream(server, device):
    connection = Connection(server)
    connection.send(request_head("GET", "/v1/events/stream", f"Authorization: Bearer {device.token}"))
    status, _ = connection.head()
    assert status == 200
    return connection


def calling(server):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    petya.snapshot()
    connection = stream(server, vasya)
    call_id = vasya.invite("petya")["callId"]
    petya.step(call_id, "alerting")
    return vasya, petya, connection, call_id


def test_a_caller_who_is_gone_is_reconnecting_and_15_seconds_later_the_call_is_missed(server):
    vasya, petya, connection, call_id = calling(server)
    connection.socket.close()
    gone = time.monotonic()
    lost = petya.next_event("call.participant", 8)
    assert lost["data"] == {"connection": "reconnecting"}
    assert lost["actor"] == {"userId": "vasya", "deviceId": vasya.device_id}
    assert [party["connection"] for party in petya.get(f"/v1/calls/{call_id}")["participants"]] == ["reconnecting"]
    ended = petya.next_event("call.ended", 20)["data"]["call"]
    assert 17 < time.monotonic() - gone < 22
    assert (ended["reason"], ended["endedBy"], ended["sipStatus"]) == ("canceled", {"kind": "timer"}, 487)
    assert petya.get("/v1/calls")["items"][0]["missed"]


def test_a_page_that_reloads_while_it_rings_is_not_lost(server):
    vasya, petya, connection, call_id = calling(server)
    connection.socket.close()
    with stream(server, vasya):
        deadline, heard = time.monotonic() + 6, []
        while time.monotonic() < deadline:
            heard += [event["type"] for event in petya.events(wait_seconds=1)]
    assert "call.participant" not in heard and "call.ended" not in heard


def test_the_incoming_screen_says_that_the_caller_is_gone_and_back(phone, server):
    petya, vasya = phone("petya"), register(server, "vasya")
    connection = stream(server, vasya)
    vasya.invite("petya")
    petya.reaches("incoming")
    words = petya.page.locator("#incoming-words")
    ringing = words.inner_text()
    connection.socket.close()
    words.filter(has_text="dropped out").wait_for(timeout=8_000)
    with stream(server, vasya):
        words.filter(has_text=ringing).wait_for(timeout=5_000)
    petya.decline()


def test_a_caller_who_is_gone_when_the_server_dies_still_has_15_seconds(server):
    vasya, petya, connection, call_id = calling(server)
    connection.socket.close()
    assert petya.next_event("call.participant", 8)["data"] == {"connection": "reconnecting"}
    lost = time.monotonic()
    server.kill9()
    server.restart()
    ended = petya.next_event("call.ended", 20)["data"]["call"]
    assert 13 < time.monotonic() - lost < 19
    assert (ended["callId"], ended["reason"], ended["endedBy"]) == (call_id, "canceled", {"kind": "timer"})
