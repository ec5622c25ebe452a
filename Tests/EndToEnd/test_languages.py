"""The demo uses the browser's language if available, and another one on request."""

from harness.accessibility import complaints
from harness.phone import Phone
from harness.waiting import eventually


def test_a_russian_browser_gets_a_russian_page(server, phone, red_browser):
    petya = phone("petya")
    context = red_browser.new_context(locale="ru-RU", permissions=["camera", "microphone"])
    vasya = Phone(context, server, "Вася")
    page = vasya.page
    assert page.get_attribute("html", "lang") == "ru"
    assert page.inner_text("#people-title") == "Люди"
    vasya.sees("petya")
    assert page.locator("#people button.call").get_attribute("aria-label") == "Видеозвонок: petya"
    assert not complaints(page)
    vasya.call("petya")
    petya.decline()
    assert vasya.ended_reason() == "Звонок отклонён."
    eventually(lambda: page.locator("#recent .what").all_inner_texts() == ["Отклонён"], 10, "the history is Russian")

    page.click("[data-language=en]")
    eventually(lambda: vasya.ended_reason() == "petya declined the call.", 5, "how it ended is told in English")
    assert page.inner_text("#people-title") == "People"
    eventually(lambda: page.locator("#recent .what").all_inner_texts() == ["Declined"], 5, "the history is English")
    vasya.reload()
    vasya.reaches("idle")
    assert page.inner_text("#people-title") == "People", "the choice is kept"
    context.close()


def test_the_page_from_right_to_left(phone):
    vasya = phone("vasya")
    phone("petya")
    vasya.sees("petya")
    vasya.page.evaluate("document.documentElement.dir = 'rtl'")
    entry = vasya.page.locator("#people .person").first
    name, button = entry.locator(".avatar").bounding_box(), entry.locator("button.call").bounding_box()
    assert button["x"] < name["x"], "the button is at the end of the line, on the left"
    overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert vasya.page.evaluate(overflow) <= 0
    assert not complaints(vasya.page)
