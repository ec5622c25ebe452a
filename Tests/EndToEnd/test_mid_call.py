"""Events during a call."""

import pytest

from harness.phone import in_a_call
from harness.waiting import eventually


def test_a_call_survives_a_killed_server(phone, server):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)

    server.kill9()
    vasya.connection_is("reconnecting")
    petya.connection_is("reconnecting")
    vasya.picture_moves()
    petya.picture_moves()

    server.restart()
    vasya.connection_is("online", 40)
    petya.connection_is("online", 40)
    vasya.picture_moves()
    vasya.hang_up()
    petya.reaches("ended")


def test_each_sees_that_the_other_is_muted(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.page.click("#mute")
    petya.page.wait_for_selector("#peer-muted", state="visible")
    vasya.page.click("#mute")
    petya.page.wait_for_selector("#peer-muted", state="hidden")


def test_a_camera_can_be_turned_off_and_on_again(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.page.click("#camera")
    eventually(lambda: petya.remote_colour() != "red", 10, "Petya sees no red while Vasya's camera is off")
    vasya.page.click("#camera")
    petya.shows("red")


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_reloaded_page_is_back_in_its_call(phone, who):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)

    reloaded = {"caller": vasya, "callee": petya}[who]
    reloaded.reload()
    reloaded.reaches("active", 20)
    vasya.shows("green", 20)
    petya.shows("red", 20)

    petya.hang_up()
    vasya.reaches("ended")


def test_a_voice_only_answer_stays_voice_only_after_a_reload(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.reaches("incoming")
    petya.page.click("#accept-voice")
    petya.shows("red", 20)
    petya.reload()
    petya.reaches("active", 20)
    petya.shows("red", 20)
    tracks = "video => video.srcObject.getTracks().map(track => track.kind)"
    eventually(lambda: petya.page.eval_on_selector("#my", tracks), 10, "the microphone is back")
    assert petya.page.eval_on_selector("#my", tracks) == ["audio"]
