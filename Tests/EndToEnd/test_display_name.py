"""A display name is text and nothing else, wherever it is shown."""

from harness.api import register

HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"


def test_a_display_name_with_markup_is_shown_as_text(phone, server):
    mallory = register(server, "mallory", display_name=HOSTILE)
    petya = phone("petya")
    petya.page.locator('#people [data-user-id="mallory"]').wait_for()
    assert HOSTILE in petya.page.inner_text("#people")

    call_id = mallory.invite("petya")["callId"]
    petya.reaches("incoming")
    assert petya.page.inner_text("#incoming-name").strip() == HOSTILE
    mallory.step(call_id, "cancel")
    petya.page.wait_for_selector("#accept", state="hidden")

    assert petya.page.locator("img[src=x]").count() == 0
    assert petya.page.title() != "taken over"


def test_a_hostile_name_in_the_sign_in_form_is_text_too(phone):
    page = phone(HOSTILE).page
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "taken over"
