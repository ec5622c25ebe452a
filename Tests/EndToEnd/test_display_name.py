"""Display names are shown as text everywhere."""

from harness.api import register
from harness.waiting import eventually

HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"


def test_a_display_name_with_markup_is_shown_as_text(phone, server):
    mallory = register(server, "mallory", display_name=HOSTILE)
    petya = phone("petya")
    petya.page.locator('#people [data-user-id="mallory"]').wait_for()
    assert HOSTILE in petya.page.inner_text("#people")

    call_id = mallory.invite("petya")["callId"]
    petya.reaches("incoming")
    eventually(lambda: petya.page.inner_text("#incoming-name").strip() == HOSTILE, 5, "the name is there")
    mallory.step(call_id, "cancel")
    petya.page.wait_for_selector("#accept", state="hidden")

    assert petya.page.locator("img[src=x]").count() == 0
    assert petya.page.title() != "taken over"


def test_a_hostile_name_in_the_sign_in_form_is_shown_as_text(phone):
    page = phone(HOSTILE).page
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "taken over"


def test_a_name_with_direction_overrides_affects_only_itself(phone, server):
    """The name leaves U+202E and U+2067 open; the text beside it must not be reversed."""
    name = "\u202eevil\u2067<img src=x onerror=alert(1)>"
    mallory = register(server, "mallory", display_name=name)
    petya = phone("petya")
    mallory.invite("petya")
    petya.reaches("incoming")
    shown = petya.page.locator("#incoming-name")
    eventually(lambda: shown.inner_text().strip() == name, 5, "the name is there")
    assert shown.evaluate("element => getComputedStyle(element).unicodeBidi") in ("isolate", "plaintext")
    petya.decline()
    sentence = petya.page.locator("#ended-reason")
    assert sentence.get_attribute("dir") == "auto"
    assert petya.page.locator("img[src=x]").count() == 0
