"""Accessibility: every state of the page passes the checker, and calls work with the keyboard and a screen reader."""

import pytest

from harness.accessibility import complaints, focused, tab_to
from harness.phone import in_a_call
from harness.waiting import eventually


def is_fine(of, what):
    found = complaints(of.page)
    assert not found, f"{what}: " + "; ".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_accessible(phone, scheme):
    petya, vasya = phone("petya"), phone("vasya")
    for of in (petya, vasya):
        of.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    vasya.sees("petya")
    is_fine(vasya, "the list of people")
    vasya.page.click("#preview summary")
    size = "video => video.videoWidth"
    eventually(lambda: vasya.page.eval_on_selector("#preview-video", size) > 0, 10, "the preview shows the camera")
    is_fine(vasya, "the preview")
    vasya.call("petya")
    petya.reaches("incoming")
    is_fine(vasya, "calling")
    is_fine(petya, "an incoming call")
    petya.page.click("#decline-more summary")
    is_fine(petya, "a decline with a message")
    petya.accept()
    vasya.reaches("active", 20)
    vasya.safety_phrase()
    for sheet in ("safety", "devices", "quality"):
        vasya.page.click(f"#{sheet}")
        is_fine(vasya, f"a call, {sheet}")
        vasya.page.keyboard.press("Escape")
    is_fine(vasya, "a call")
    vasya.hang_up()
    petya.reaches("ended")
    petya.page.locator("#recent summary").first.click()
    petya.page.wait_for_selector("#recent .steps li")
    is_fine(petya, "the end, and the log of a call")


def test_the_checker_finds_violations(phone):
    """The checker must be able to find violations."""
    vasya = phone("vasya")
    is_fine(vasya, "the page")
    vasya.page.evaluate("""() => {
        const home = document.getElementById('home');
        home.append(Object.assign(document.createElement('p'), {textContent: 'pale', className: 'pale'}));
        document.querySelector('.pale').style.color = 'rgb(200, 200, 200)';
        home.append(document.createElement('button'), Object.assign(document.createElement('p'), {id: 'home'}));
    }""")
    found = "; ".join(complaints(vasya.page))
    for wrong in ("pale", "a button has no name", "two elements have the id home"):
        assert wrong in found


def test_a_call_with_only_the_keyboard(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.sees("petya")
    tab_to(vasya.page, "call")
    vasya.page.keyboard.press("Enter")
    petya.reaches("incoming")
    eventually(lambda: focused(petya.page) == "incoming-name", 5, "the focus is on the caller's name")
    petya.page.keyboard.press("Space")
    petya.page.keyboard.press("Enter")
    petya.reaches("incoming")
    tab_to(petya.page, "accept")
    petya.page.keyboard.press("Enter")
    vasya.reaches("active", 20)
    petya.reaches("active", 20)
    tab_to(vasya.page, "mute")
    vasya.page.keyboard.press("Space")
    petya.page.wait_for_selector("#peer-muted", state="visible")
    tab_to(vasya.page, "quality")
    vasya.page.keyboard.press("Enter")
    vasya.page.wait_for_selector("#quality-sheet", state="visible")
    vasya.page.keyboard.press("Escape")
    vasya.page.wait_for_selector("#quality-sheet", state="hidden")
    assert focused(vasya.page) == "quality", "the focus is back where it was"
    tab_to(vasya.page, "hang-up")
    vasya.page.keyboard.press("Enter")
    petya.reaches("ended")


def test_a_screen_reader_gets_announcements(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.reaches("incoming")
    assert petya.page.locator("#alarm").inner_text() == "vasya is calling you"
    petya.accept()
    vasya.reaches("active", 20)
    eventually(lambda: vasya.page.locator("#live").inner_text() == "In a call with petya", 5, "the live region says so")
    vasya.hang_up()
    assert vasya.page.locator("#live").inner_text().startswith("You hung up.")


def test_russian_and_right_to_left(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.page.evaluate("document.documentElement.lang = 'ru'")
    vasya.page.evaluate("document.documentElement.dir = 'rtl'")
    in_a_call(vasya, petya)
    hang_up = vasya.page.locator("#hang-up")
    assert hang_up.get_attribute("aria-label") == "Завершить"
    mine, window = vasya.page.locator("#pip").bounding_box(), vasya.page.viewport_size
    assert mine["x"] + mine["width"] / 2 < window["width"] / 2, "one's own picture is at the end of the line, on the left"
    is_fine(vasya, "a Russian call from right to left")
    vasya.hang_up()
    assert "Вы завершили разговор" in vasya.ended_reason()
