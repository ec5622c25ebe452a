"""Two pages that may use a TURN server alone: coturn, with the credentials that Ringback gives out."""

import pytest

from harness.phone import in_a_call
from harness.turn import Turn
from harness.waiting import eventually


@pytest.fixture
def turn(tmp_path):
    turn = Turn(tmp_path)
    yield turn
    turn.stop()


@pytest.fixture
def server(start_server, turn):
    return start_server("--turn-urls", turn.url, "--turn-secret", turn.SECRET)


def test_a_call_through_the_relay_alone(phone, turn):
    petya, vasya = phone("petya", ice="relay"), phone("vasya", ice="relay")
    in_a_call(vasya, petya)
    eventually(lambda: (vasya.debug()["quality"] or {}).get("path") == "relayed", 10, "the path is relayed")
    assert turn.allocations() >= 2

    vasya.page.click("#quality")
    eventually(lambda: "relayed" in vasya.page.inner_text("#facts"), 10, "the panel says so")
    call_id = vasya.call_id()
    vasya.hang_up()
    petya.reaches("ended")
    eventually(lambda: "quality" in vasya.timeline(call_id), 10, "the summary is kept")
