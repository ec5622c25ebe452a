"""`<ringback-call>`: voice calls, missing devices, the end of a call, and calls on other devices."""

from datetime import datetime
from email.utils import parsedate_to_datetime

from harness.api import register
from harness.phone import in_a_call
from harness.waiting import eventually

# The user denies access to every device until `allowed` is set.
REFUSE = """
    const {mediaDevices} = navigator, ask = mediaDevices.getUserMedia.bind(mediaDevices);
    window.allowed = false;
    mediaDevices.getUserMedia = async wanted => {
        if (!window.allowed) throw new DOMException('no', 'NotAllowedError');
        return ask(wanted);
    };
"""


def refuses_devices(of):
    of.page.add_init_script(REFUSE)
    of.reload()
    of.reaches("idle")


def test_a_microphone_that_is_permitted_during_the_call_is_heard(phone):
    petya, vasya = phone("petya"), phone("vasya")
    refuses_devices(vasya)
    vasya.sees("petya").locator("button.voice").click()
    petya.accept()
    vasya.reaches("active", 20)
    vasya.page.wait_for_selector("#unheard", state="visible")
    petya.page.wait_for_selector("#peer-muted", state="visible")
    assert vasya.page.locator("#mute .caption").inner_text() == "Unmute"

    # Neither is seen or heard, independently of the camera.
    vasya.page.click("#camera")
    eventually(lambda: "not seen or heard" in vasya.page.inner_text("#media-notice"), 5, "the notice is true")

    vasya.page.evaluate("allowed = true")
    vasya.page.click("#mute")
    vasya.page.wait_for_selector("#unheard", state="hidden")
    petya.page.wait_for_selector("#peer-muted", state="hidden")
    assert vasya.page.locator("#mute .caption").inner_text() == "Mute"
    vasya.hang_up()


def test_a_voice_call_has_its_own_screen_and_is_repeated_as_a_voice_call(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.sees("petya").locator("button.voice").click()
    petya.accept()
    vasya.reaches("active", 20)
    vasya.page.wait_for_selector("#call.voice")
    assert not vasya.page.locator("#pip").is_visible(), "there is no empty picture"
    level = "() => Number(document.querySelector('ringback-call').shadowRoot.querySelector('#call-avatar').style"
    level += ".getPropertyValue('--level'))"
    eventually(lambda: vasya.page.evaluate(level) > 0, 15, "the avatar shows that Petya is heard")
    eventually(lambda: vasya.page.locator("#call-words").inner_text() >= "0:01", 10, "they have talked")
    vasya.hang_up()

    assert vasya.ended_reason().startswith("You hung up. You talked for 0:0")
    eventually(lambda: vasya.ended_reason() == petya.ended_reason().replace("vasya hung", "You hung"), 5, "both say the same time")
    assert vasya.page.locator("#call-again").inner_text() == "Call again"
    vasya.page.click("#call-again")
    petya.reaches("incoming")
    assert petya.page.inner_text("#incoming-words") == "is calling you"
    assert not petya.page.locator("#accept-voice").is_visible()
    vasya.hang_up()

    petya.reaches("ended")
    assert petya.page.locator("#call-again").inner_text() == "Call back"
    petya.page.click("#dismiss")
    petya.reaches("idle")
    assert not petya.page.locator("#ended").is_visible()


def test_a_page_can_disable_the_end_card(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.page.evaluate("document.querySelector('ringback-call').setAttribute('no-end-card', '')")
    vasya.call("petya")
    petya.decline()
    vasya.reaches("ended")
    assert not vasya.page.locator("#ended").is_visible()


def test_another_safety_phrase_is_announced(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.safety_phrase()
    petya.safety_phrase()
    assert not vasya.page.locator("#note").is_visible()
    petya.reload()
    for of in (vasya, petya):
        eventually(lambda: "new safety phrase" in of.page.inner_text("#note"), 20, f"{of} says so")
    vasya.hang_up()


def test_the_shortcuts_of_mute_and_camera(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.page.keyboard.press("m")
    petya.page.wait_for_selector("#peer-muted", state="visible")
    vasya.page.keyboard.press("m")
    petya.page.wait_for_selector("#peer-muted", state="hidden")
    vasya.page.keyboard.press("v")
    eventually(lambda: vasya.page.locator("#camera .caption").inner_text() == "Camera on", 5, "the camera is off")
    vasya.hang_up()


def test_controls_are_hidden_and_shown_again(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    vasya.page.mouse.move(300, 300)
    vasya.page.wait_for_selector("#call.idle", timeout=15_000)
    vasya.page.mouse.move(310, 310)
    vasya.page.wait_for_selector("#call:not(.idle)")
    vasya.hang_up()


def test_another_tab_shows_that_a_call_is_active(phone):
    tab, petya, vasya = phone("petya"), phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    tab.page.wait_for_selector("#elsewhere", state="visible")
    assert not petya.page.locator("#elsewhere").is_visible()
    vasya.hang_up()
    tab.page.wait_for_selector("#elsewhere", state="hidden")


def test_a_call_that_ended_while_the_page_was_away_does_not_ring(phone, server):
    vasya, petya = phone("vasya"), register(server, "petya")
    # Chromium permits new WebSockets while a page is offline.
    is_offline = False
    vasya.context.route_web_socket(
        "**/v1/socket", lambda socket: socket.close() if is_offline else socket.connect_to_server())
    vasya.reload()
    vasya.reaches("idle")
    vasya.connection_is("online")
    vasya.page.evaluate("""() => {
        window.rung = [];
        document.querySelector('ringback-call').ringback.addEventListener('call', ({call}) => rung.push(call.state));
    }""")
    is_offline = True
    vasya.context.set_offline(True)
    vasya.page.evaluate("dispatchEvent(new Event('offline'))")  # a machine with only loopback is never online
    vasya.connection_is("reconnecting", 3)
    call_id = petya.invite("vasya")["callId"]
    petya.step(call_id, "cancel")
    ended = petya.get(f"/v1/calls/{call_id}")["endedAt"]
    eventually(lambda: age(petya, ended) > 2, 5, "that was a while ago")
    is_offline = False
    vasya.context.set_offline(False)
    vasya.page.wait_for_selector("#recent .missed", timeout=20_000)
    assert vasya.page.evaluate("rung") == []


def age(device, moment):
    """Seconds since a time of the server, by the clock of the server."""
    now = parsedate_to_datetime(device.request("GET", "/healthz").headers["Date"])
    return (now - datetime.fromisoformat(moment)).total_seconds()
