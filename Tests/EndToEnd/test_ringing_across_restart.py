"""The deadline of a call survives a restart of the server."""

from datetime import datetime, timezone

from harness.api import register
from harness.waiting import eventually


def parse(time):
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


def test_a_call_that_rang_when_the_server_died_ends_on_time(server):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    vasya.snapshot()
    call = vasya.invite("petya", ringSeconds=10)
    petya.step(call["callId"], "alerting")

    server.kill9()
    server.restart()

    ended = vasya.next_event("call.ended")["data"]["call"]
    late = (datetime.now(timezone.utc) - parse(call["expiresAt"])).total_seconds()
    assert (ended["callId"], ended["state"], ended["reason"]) == (call["callId"], "ended", "no_answer")
    assert -0.5 < late < 3, f"{late} s late"
    missed = petya.get("/v1/calls")["items"][0]
    assert missed["missed"] and missed["direction"] == "incoming"


def test_a_call_whose_deadline_passed_while_the_server_was_down_ends_at_its_start(server):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    call = vasya.invite("petya", ringSeconds=10)
    petya.step(call["callId"], "alerting")
    server.kill9()
    expires_at = parse(call["expiresAt"])
    eventually(lambda: datetime.now(timezone.utc) > expires_at, 15, "the ring time is over")

    server.restart()

    def ended():
        now = vasya.get(f"/v1/calls/{call['callId']}")
        return now["state"] == "ended" and now

    assert eventually(ended, 5, "the call has ended")["reason"] == "no_answer"
