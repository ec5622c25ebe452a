"""A picture of every state of the demo page, wide and phone-sized, for visual inspection."""

import pytest

from conftest import ARTIFACTS
from harness.api import register
from harness.phone import in_a_call
from harness.waiting import eventually

SIZES = {"wide": (1280, 800, "light"), "phone": (390, 844, "dark")}


@pytest.mark.parametrize("size", SIZES)
def test_every_state_has_its_picture(phone, server, size):
    directory = ARTIFACTS / "screenshots"
    directory.mkdir(parents=True, exist_ok=True)
    petya, vasya = phone("petya"), phone("vasya")
    width, height, scheme = SIZES[size]
    for page in (petya.page, vasya.page):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)

    def picture(of, state):
        overflow = of.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{state} is {overflow} px too wide"
        of.page.screenshot(path=directory / f"{size}-{state}.png", animations="disabled")

    vasya.connection_is("online")
    vasya.sees("petya")
    picture(vasya, "idle")
    vasya.page.click("#preview summary")
    eventually(lambda: vasya.page.eval_on_selector("#preview-video", "video => video.videoWidth"), 10, "a preview")
    picture(vasya, "preview")
    vasya.call("petya")
    petya.reaches("incoming")
    picture(vasya, "calling")
    picture(petya, "incoming")
    petya.decline("I am on a train")
    vasya.reaches("ended")
    picture(vasya, "declined")

    vasya.reload()
    vasya.reaches("idle")
    petya.reload()
    petya.reaches("idle")
    in_a_call(vasya, petya)
    vasya.safety_phrase()
    picture(vasya, "active")
    for sheet in ("safety", "devices", "quality"):
        vasya.page.click(f"#{sheet}")
        if sheet == "quality":
            points = "line => line.getAttribute('points').split(' ').length"
            eventually(lambda: vasya.page.eval_on_selector(".received polyline", points) > 6, 15, "a chart")
        picture(vasya, f"active-{sheet}")
        vasya.page.keyboard.press("Escape")
    petya.page.click("#screen")
    vasya.page.wait_for_selector("#their-screen", state="visible")
    eventually(lambda: vasya.page.eval_on_selector("#their-screen", "video => video.videoWidth"), 10, "a screen")
    picture(vasya, "screen")
    picture(petya, "sharing")
    petya.page.click("#screen")
    anna = register(server, "anna", display_name="Anna Karenina")
    waiting = anna.invite("vasya")["callId"]
    vasya.page.wait_for_selector("#incoming.banner", state="visible")
    eventually(lambda: "Karenina" in vasya.page.inner_text("#incoming-name"), 5, "her name")
    picture(vasya, "second-call")
    anna.step(waiting, "cancel")
    server.kill9()
    vasya.connection_is("reconnecting")
    picture(vasya, "reconnecting")
    server.restart()
    vasya.connection_is("online", 40)
    vasya.hang_up()
    petya.reaches("ended", 40)
    picture(petya, "ended")
    vasya.page.locator("#recent summary").first.click()
    vasya.page.wait_for_selector("#recent .steps li")
    picture(vasya, "log")
    dark = "dark" if scheme == "light" else "light"
    vasya.page.emulate_media(color_scheme=dark)
    picture(vasya, f"log-{dark}")

    stranger = vasya.context.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = stranger.new_page()
    page.goto(server.url)
    page.wait_for_selector("body[data-state=signed-out]")
    page.screenshot(path=directory / f"{size}-signed-out.png", animations="disabled")
    page.goto(server.url + "/docs")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=directory / f"{size}-docs.png", animations="disabled")
    stranger.close()
