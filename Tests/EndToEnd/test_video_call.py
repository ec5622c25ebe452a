"""Calls between two browsers with every pair of different transports."""

import pytest

from harness.phone import in_a_call

PAIRS = [("websocket", "websocket"), ("websocket", "longpoll"), ("sse", "websocket"), ("longpoll", "sse")]


@pytest.mark.parametrize("vasyas, petyas", PAIRS)
def test_both_sides_of_a_video_call_see_each_other(phone, vasyas, petyas):
    petya = phone("petya", transport=petyas)
    vasya = phone("vasya", transport=vasyas)
    assert (vasya.transport(), petya.transport()) == (vasyas, petyas)

    in_a_call(vasya, petya)
    vasya.hang_up()

    petya.reaches("ended")
    vasya.reaches("ended")


def test_two_users_who_call_each_other_are_connected(phone):
    petya, vasya = phone("petya"), phone("vasya")
    petya.sees("vasya")
    vasya.call("petya")
    petya.reaches("incoming")
    petya.call_while_rung("vasya")
    vasya.shows("green")
    petya.shows("red")
    assert vasya.call_id() == petya.call_id()


def test_the_callee_may_hang_up_too(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    petya.hang_up()
    vasya.reaches("ended")
