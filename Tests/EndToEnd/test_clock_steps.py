"""The wall clock is set while the server runs: nothing that is measured in time notices.

A clock that was set back by ten minutes gave 429 to devices that had written, and locked users out for as long; calls rang for ever,
and one that was set forwards ended them at once.
"""

import time
from datetime import datetime, timezone

import pytest

from harness.api import PASSWORD, TalkingPair, register
from harness.clock import WallClock

DAY = 86_400


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path)


@pytest.mark.parametrize("step", [DAY, -DAY, -600])
def test_a_step_of_the_wall_clock_ends_no_call_early_or_late_and_limits_nobody(start_server, clock, step):
    server = start_server("--device-writes", "20", environment=clock.environment)
    pair = TalkingPair(server, "anna", "boris")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    vasya.snapshot()
    petya.snapshot()
    vasya.put("/v1/users/me/watching", {"userIds": ["petya"]})
    call_id = vasya.invite("petya", ringSeconds=10)["callId"]
    petya.step(call_id, "alerting")
    began = time.monotonic()

    clock.set(step)
    other = pair.caller.invite("vasya", ringSeconds=10)
    ahead = (moment(other["createdAt"]) - datetime.now(timezone.utc)).total_seconds()
    assert abs(ahead - step) < 10, "what is new has the time that the clock shows"
    for device in (vasya, petya, pair.caller, pair.callee):
        for _ in range(10):
            device.put("/v1/users/me/watching", {"userIds": ["petya"]})

    ended = vasya.next_event("call.ended", 20)["data"]["call"]
    assert 9 < time.monotonic() - began < 12
    assert (ended["callId"], ended["reason"]) == (call_id, "no_answer") and ended["ringSeconds"] in (9, 10)
    assert pair.state() == "active"
    pair.pass_a_candidate()
    assert vasya.get("/v1/users/petya/presence")["status"] == "online"


def test_a_lock_out_lasts_a_minute_whatever_the_wall_clock_says(start_server, clock):
    server = start_server(environment=clock.environment)
    vasya = register(server, "vasya")
    for _ in range(10):
        vasya.post("/v1/sessions", {"userId": "vasya", "password": "wrong"}, expect=401)
    clock.set(-600)
    refused = vasya.request("POST", "/v1/sessions", {"userId": "vasya", "password": PASSWORD})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("step", [-600, -DAY])
def test_a_call_rings_no_longer_than_its_time_when_the_server_starts_with_an_earlier_clock(start_server, clock, step):
    server = start_server(environment=clock.environment)
    vasya, petya = register(server, "vasya"), register(server, "petya")
    vasya.snapshot()
    call_id = vasya.invite("petya", ringSeconds=10)["callId"]
    petya.step(call_id, "alerting")
    server.kill9()
    clock.set(step)
    server.restart()
    began = time.monotonic()
    assert vasya.next_event("call.ended", 20)["data"]["call"]["reason"] == "no_answer"
    assert time.monotonic() - began < 12
