"""The user identifiers that the demo derives from names."""

from harness.waiting import eventually

IDS = """async names => {
    const {deriveUserId} = await import('/assets/user-id.js');
    return names.map(deriveUserId);
}"""


def test_different_names_have_different_identifiers(phone):
    page = phone("vasya").page
    names = ["vasya", "Вася", "Васья", "Anna Karenina", "anna-karenina", "Anna  Karenina", "李雷", "韩梅梅", "🙂", "a" * 60, "a" * 59]
    ids = page.evaluate(IDS, names)
    assert ids[0] == "vasya" and ids[4] == "anna-karenina"
    assert len(set(ids)) == len(ids), ids
    assert all(1 <= len(user_id) <= 64 for user_id in ids), ids
    assert page.evaluate(IDS, ["VASYA", "ВАСЯ", " Anna karenina"]) == [ids[0], ids[1], ids[3]]


def test_names_are_not_case_sensitive(phone):
    first = phone("Vasya")
    page = first.context.new_page()
    page.goto(f"{first.page.url.split('?')[0]}?name=vasya")
    page.wait_for_selector("body[data-state=idle]")
    assert page.evaluate("ringback.debug().userId") == first.debug()["userId"] == "vasya"


def test_similar_names_are_different_users(phone):
    latin, cyrillic = phone("vasya"), phone("Вася")
    assert latin.debug()["userId"] != cyrillic.debug()["userId"]
    eventually(lambda: "Вася" in latin.page.inner_text("#people"), 10, "each sees the other")
