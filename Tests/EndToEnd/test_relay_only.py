"""Two pages that may only use a TURN server: coturn, with the credentials of Ringback."""

import re

import pytest

from harness.phone import Phone, in_a_call
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


def test_a_call_only_through_the_relay(phone, turn):
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


def good_for_four_seconds(socket):
    """The messages of the server with a shorter lifetime than can be configured."""
    server = socket.connect_to_server()
    server.on_message(lambda message: socket.send(re.sub(r'"ttlSeconds":\d+', '"ttlSeconds":4', message)))


def test_credentials_are_renewed_during_a_call(server, red_browser, green_browser):
    """After half of the lifetime, the page has new credentials for the next ICE restart."""
    contexts = [browser.new_context(permissions=["camera", "microphone"]) for browser in (red_browser, green_browser)]
    contexts[0].route_web_socket("**/v1/socket", good_for_four_seconds)
    contexts[0].add_init_script("""
        const set = RTCPeerConnection.prototype.setConfiguration;
        window.renewed = [];
        RTCPeerConnection.prototype.setConfiguration = function (configuration) {
            window.renewed.push(configuration.iceServers[0].username);
            return set.call(this, configuration);
        };
    """)
    vasya, petya = (Phone(context, server, name) for context, name in zip(contexts, ("vasya", "petya")))
    in_a_call(vasya, petya)
    eventually(lambda: vasya.page.evaluate("() => window.renewed"), 20, "the connection has other credentials")
    vasya.hang_up()
    for context in contexts:
        context.close()
