"""The SDK with broken connections, and with missing permissions or devices."""

import pytest

from harness.phone import in_a_call
from harness.waiting import eventually


def break_web_sockets(page):
    """A proxy that blocks WebSockets."""
    page.context.route_web_socket("**/v1/socket", lambda socket: socket.close())


def test_calls_work_behind_a_proxy_that_blocks_websockets(phone):
    petya, vasya = phone("petya"), phone("vasya")
    break_web_sockets(vasya.page)
    vasya.reload()
    vasya.reaches("idle")
    eventually(lambda: vasya.transport() == "sse", 15, "events come as a stream")
    in_a_call(vasya, petya)

    # When the stream breaks during the call as well, long polls continue from the same cursor.
    vasya.page.context.route("**/v1/events/stream*", lambda route: route.abort())
    vasya.page.evaluate("dispatchEvent(new Event('online'))")
    eventually(lambda: vasya.transport() == "longpoll", 30, "events come by long-poll")
    petya.page.click("#mute")
    vasya.page.wait_for_selector("#peer-muted", state="visible")
    petya.hang_up()
    vasya.reaches("ended")


def test_a_shared_screen_is_shown_beside_the_camera(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    negotiation = petya.debug()["negotiation"]
    vasya.page.click("#screen")
    petya.page.wait_for_selector("#their-screen", state="visible")
    eventually(
        lambda: petya.page.eval_on_selector("#their-screen", "video => video.videoWidth") > 0, 15, "the screen is seen")
    assert petya.debug()["negotiation"] == negotiation + 1
    petya.shows("red")
    vasya.page.click("#stop-sharing")
    petya.page.wait_for_selector("#their-screen", state="hidden")

    # The screen of the other side uses the existing track, without a further negotiation.
    petya.page.click("#screen")
    eventually(
        lambda: vasya.page.eval_on_selector("#their-screen", "video => video.videoWidth") > 0, 15, "Petya's screen")
    assert petya.debug()["negotiation"] == negotiation + 1
    vasya.hang_up()


def test_a_caller_without_a_permission_sees_the_reason(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.page.add_init_script("""
        navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };
    """)
    vasya.reload()
    vasya.reaches("idle")
    vasya.call("petya")
    petya.accept()
    vasya.shows("green")
    notice = vasya.page.inner_text("#media-notice")
    assert "may not use the microphone and camera" in notice and "not seen or heard" in notice
    petya.page.wait_for_selector("#peer-muted", state="visible")
    vasya.hang_up()


def test_the_camera_can_be_changed_during_a_call(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.page.click("#devices")
    choice = vasya.page.locator("#camera-choice")
    eventually(lambda: choice.locator("option").count() >= 2, 5, "cameras to choose from")
    choice.select_option(index=1)
    petya.shows("red")
    vasya.hang_up()


def test_the_chart_and_the_summary_of_a_call(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.page.click("#quality")
    eventually(lambda: "bit/s" in vasya.page.inner_text("#charts"), 10, "numbers")
    points = "chart => chart.getAttribute('points').split(' ').length"
    eventually(lambda: vasya.page.eval_on_selector(".received polyline", points) >= 3, 10, "the line grows")
    assert "direct" in vasya.page.inner_text("#facts")
    call_id = vasya.call_id()
    vasya.hang_up()
    eventually(lambda: vasya.timeline(call_id).count("quality") == 2, 10, "the summaries of both are kept")


def test_a_voice_call_becomes_a_video_call(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.sees("petya").locator("button.voice").click()
    petya.accept()
    vasya.reaches("active", 20)
    assert petya.remote_colour() is None
    vasya.page.click("#camera")
    petya.shows("red")
    vasya.hang_up()


@pytest.mark.parametrize("tabs", [3])
def test_three_tabs_are_three_devices(phone, tabs):
    petyas = [phone("petya") for _ in range(tabs)]
    vasya = phone("vasya")
    vasya.call("petya")
    for tab in petyas:
        tab.reaches("incoming")
    petyas[1].accept()
    vasya.reaches("active", 20)
    petyas[1].shows("red")
    for tab in (petyas[0], petyas[2]):
        assert tab.ended_reason() == "Answered on another device."
    vasya.hang_up()
    petyas[1].reaches("ended")
