"""A page that was suspended, or whose connection died silently, misses nothing."""

import pytest

from harness.api import register
from harness.phone import Phone, in_a_call
from harness.proxy import Proxy
from harness.waiting import eventually


@pytest.fixture
def proxy(server):
    proxy = Proxy(server)
    yield proxy
    proxy.close()


def test_a_frozen_page_rings_when_it_wakes_up(phone, server):
    """Like a closed laptop: the page is frozen, and the connection is lost when it resumes."""
    vasya, petya = phone("vasya"), register(server, "petya")
    browser = vasya.context.new_cdp_session(vasya.page)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    server.kill9()
    server.restart()
    call_id = petya.invite("vasya")["callId"]
    assert petya.get(f"/v1/calls/{call_id}")["state"] == "inviting", "a page that stands still does not ring"
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    vasya.reaches("incoming", 30)
    eventually(lambda: petya.get(f"/v1/calls/{call_id}")["state"] == "ringing", 10, "the caller knows that it rings")
    petya.step(call_id, "cancel")
    vasya.reaches("ended")


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_a_connection_that_dies_silently_is_noticed(phone, proxy, red_browser, transport):
    context = red_browser.new_context(permissions=["camera", "microphone"])
    petya, vasya = phone("petya"), Phone(context, proxy, "vasya", transport=transport)
    in_a_call(vasya, petya)
    proxy.silence()
    petya.page.click("#mute")
    # The time of a heartbeat, and of requests that first try other dead connections of the browser's pool.
    vasya.page.wait_for_selector("#peer-muted", state="visible", timeout=80_000)
    assert vasya.transport() == transport
    vasya.picture_moves()
    vasya.hang_up()
    petya.reaches("ended", 30)
    context.close()
