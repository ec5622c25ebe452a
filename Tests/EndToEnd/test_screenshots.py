"""A picture of every state of the demo page, wide and phone-sized, for people to look at."""

import pytest

from conftest import ARTIFACTS
from harness.phone import in_a_call

SIZES = {"wide": (1280, 800), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
def test_every_state_has_its_picture(phone, server, size):
    directory = ARTIFACTS / "screenshots"
    directory.mkdir(parents=True, exist_ok=True)
    petya, vasya = phone("petya"), phone("vasya")
    width, height = SIZES[size]
    for page in (petya.page, vasya.page):
        page.set_viewport_size({"width": width, "height": height})

    def picture(of, state):
        overflow = of.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{state} is {overflow} px too wide"
        of.page.screenshot(path=directory / f"{size}-{state}.png", animations="disabled")

    picture(vasya, "idle")
    vasya.call("petya")
    petya.reaches("incoming")
    picture(vasya, "calling")
    picture(petya, "incoming")
    petya.decline()
    vasya.reaches("ended")
    picture(vasya, "declined")

    vasya.reload()
    vasya.reaches("idle")
    petya.reload()
    petya.reaches("idle")
    in_a_call(vasya, petya)
    picture(vasya, "active")
    server.kill9()
    vasya.connection_is("reconnecting")
    picture(vasya, "reconnecting")
    server.restart()
    vasya.connection_is("online", 40)
    vasya.hang_up()
    petya.reaches("ended", 40)
    picture(petya, "ended")

    stranger = vasya.context.browser.new_context(viewport={"width": width, "height": height})
    page = stranger.new_page()
    page.goto(server.url)
    page.wait_for_selector("body[data-state=signed-out]")
    page.screenshot(path=directory / f"{size}-signed-out.png", animations="disabled")
    page.goto(server.url + "/docs")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=directory / f"{size}-docs.png", animations="disabled")
    stranger.close()
