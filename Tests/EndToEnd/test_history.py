"""The call history of each side."""

from harness.phone import in_a_call
from harness.waiting import eventually


def test_a_missed_call_is_listed_with_its_reason(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.reaches("incoming")
    vasya.hang_up()
    petya.reaches("ended")
    assert petya.ended_reason() == "You missed a call from vasya."
    eventually(lambda: petya.page.inner_text("#missed-count").strip() == "(1)", 10, "one is missed")
    petya.page.click("#show-missed")
    petya.page.locator("#recent .missed summary").click()
    assert petya.page.inner_text("#recent .sentence") == "You missed a call from vasya."
    steps = petya.page.locator("#recent .steps li")
    eventually(lambda: steps.count() >= 3, 10, "what happened, step by step")
    assert "vasya called" in steps.first.inner_text()
    assert "The call ended (canceled)" in steps.last.inner_text()

    vasya.page.locator("#recent summary").click()
    assert vasya.page.inner_text("#recent .sentence") == "You canceled the call."


def test_two_calls_of_one_tab(phone):
    """The second call shows nothing of the first one."""
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    first = vasya.safety_phrase()
    vasya.page.click("#mute")
    vasya.hang_up()
    petya.reaches("ended")
    vasya.reaches("ended")
    in_a_call(vasya, petya)
    assert vasya.safety_phrase() != first
    assert vasya.page.get_attribute("#mute", "aria-pressed") == "false"
    vasya.hang_up()
    eventually(lambda: vasya.page.locator("#recent > li").count() == 2, 10, "both are in the history")
