"""Calls that are not answered, and the text that each side shows."""


def test_a_declined_caller_sees_the_reason(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.decline()
    assert "declin" in vasya.ended_reason().lower()


def test_a_decline_may_carry_a_message(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.decline("I am on a train")
    assert "I am on a train" in vasya.ended_reason()


def test_a_canceled_call_stops_ringing(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.reaches("incoming")
    vasya.hang_up()
    petya.page.wait_for_selector("#accept", state="hidden")
    assert petya.body("state") in ("ended", "idle")


def test_an_unanswered_call_ends_by_itself(phone):
    petya, vasya = phone("petya"), phone("vasya", ringSeconds=10)
    vasya.call("petya")
    petya.reaches("incoming")
    vasya.reaches("ended", seconds=15)
    assert vasya.ended_reason() == "petya did not answer within 10 seconds."
    petya.page.wait_for_selector("#accept", state="hidden")


def test_only_the_tab_that_accepts_continues(phone):
    one, other, vasya = phone("petya"), phone("petya"), phone("vasya")
    vasya.call("petya")
    other.reaches("incoming")
    one.accept()
    vasya.reaches("active", 20)
    one.shows("red")
    assert "another device" in other.ended_reason()
    assert not other.page.is_visible("#accept")
    vasya.hang_up()
    one.reaches("ended")
