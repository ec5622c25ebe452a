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


TOO_LONG = """bytes => {
    const { toJSON } = RTCSessionDescription.prototype;
    RTCSessionDescription.prototype.toJSON = function () {
        const { type, sdp } = toJSON.call(this);
        return { type, sdp: sdp + `a=x:${'x'.repeat(bytes)}\\r\\n` };
    };
}"""


@pytest.mark.parametrize("kibibytes", [129, 300], ids=["over the WebSocket", "over HTTP, since no frame holds it"])
def test_a_renegotiation_that_is_refused_leaves_the_call_as_it_was(phone, kibibytes):
    """The SDK hung up when an SDP was answered with 413."""
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    negotiation = petya.debug()["negotiation"]
    vasya.page.evaluate(TOO_LONG, kibibytes * 1024)
    vasya.page.evaluate("document.querySelector('ringback-call').ringback.current.restartIce()")

    def is_refused():
        vasya.page.evaluate("0")  # Playwright takes the page's messages only during a call.
        return any("RequestError" in line or "413" in line or "too large" in line for line in vasya.console)

    eventually(is_refused, 15, "it is refused")
    for side in (vasya, petya):
        side.picture_moves()
        assert side.body("state") == "active", side.body("state")
    assert petya.debug()["negotiation"] == negotiation
    vasya.hang_up()
    petya.reaches("ended")
