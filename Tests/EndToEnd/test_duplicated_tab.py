"""A duplicated tab copies the session storage of the first, and must become another device."""

from harness.waiting import eventually


def test_a_duplicate_is_another_device(phone):
    petya, vasya = phone("petya"), phone("vasya")
    with petya.context.expect_page() as opened:
        petya.page.evaluate("open(location.href)")
    copy = opened.value
    debug = "() => window.ringback?.debug()"
    online = "() => document.body.dataset.state === 'idle' && document.body.dataset.connection === 'online'"
    eventually(lambda: copy.evaluate(online), 15, "the copy is signed in")
    assert copy.evaluate(debug)["userId"] == petya.debug()["userId"]
    assert copy.evaluate(debug)["deviceId"] != petya.debug()["deviceId"]

    vasya.call("petya")
    petya.reaches("incoming")
    copy.wait_for_selector("body[data-state=incoming]")
    copy.click("#accept")
    vasya.reaches("active", 20)
    assert "another device" in petya.ended_reason()
    vasya.hang_up()
    copy.wait_for_selector("body[data-state=ended]")
