"""Ringing: tone and vibration until the user reacts."""

import pytest

from harness.phone import in_a_call
from harness.waiting import eventually

# Records each tone and each requested vibration. The first gesture permits both.
LISTEN = """() => {
    window.heard = {notes: 0, states: [], vibrations: []};
    const {start} = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (...when) {
        heard.notes += 1;
        heard.states.push(this.context.state);
        return start.apply(this, when);
    };
    navigator.vibrate = pattern => heard.vibrations.push(pattern);
}"""
PLAYING = "() => document.querySelector('ringback-call').tones.playing"


def heard(of):
    return of.page.evaluate("() => heard")


def listens(of):
    of.page.evaluate(LISTEN)
    of.page.click("#people-title")


@pytest.mark.parametrize("how", ["answered", "declined", "canceled", "answered elsewhere", "not answered"])
def test_tone_and_vibration_end(phone, how):
    petya, vasya = phone("petya"), phone("vasya", ringSeconds=10)
    other = phone("petya") if how == "answered elsewhere" else None
    listens(petya)
    vasya.call("petya")
    petya.reaches("incoming")
    eventually(lambda: heard(petya)["notes"] >= 5, 5, "it sounds")
    assert set(heard(petya)["states"]) == {"running"}
    assert heard(petya)["vibrations"] == [[400, 200, 400]]
    assert petya.page.evaluate(PLAYING) == "ring"
    eventually(lambda: len(heard(petya)["vibrations"]) >= 2, 8, "it goes on")

    if how == "answered":
        petya.accept()
    elif how == "declined":
        petya.decline()
    elif how == "canceled":
        vasya.hang_up()
    elif how == "answered elsewhere":
        other.accept()
    eventually(lambda: petya.page.evaluate(PLAYING) is None, 15, "it is quiet")
    assert heard(petya)["vibrations"][-1] == 0, "the vibration goes on"
    if how == "answered":
        petya.hang_up()


def test_the_caller_hears_the_ringback_tone(phone):
    petya, vasya = phone("petya"), phone("vasya")
    listens(vasya)
    vasya.call("petya")
    petya.reaches("incoming")
    eventually(lambda: vasya.page.evaluate(PLAYING) == "ringback", 5, "the ringback tone")
    eventually(lambda: heard(vasya)["notes"] >= 1, 5, "it sounds")
    petya.accept()
    vasya.reaches("active", 20)
    assert vasya.page.evaluate(PLAYING) is None
    assert heard(vasya)["vibrations"] == []
    vasya.hang_up()


def test_the_picture_in_a_small_window(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    small = "() => document.querySelector('ringback-call').shadowRoot.pictureInPictureElement?.id"
    vasya.page.click("#small-window")
    eventually(lambda: vasya.page.evaluate(small) == "not_my", 10, "the other side is in the small window")
    vasya.page.click("#small-window")
    eventually(lambda: vasya.page.evaluate(small) is None, 10, "the small window is gone")
    vasya.page.click("#small-window")
    eventually(lambda: vasya.page.evaluate(small) == "not_my", 10, "it is there again")
    vasya.hang_up()
    eventually(lambda: vasya.page.evaluate("() => document.pictureInPictureElement") is None, 10, "it goes with the call")
