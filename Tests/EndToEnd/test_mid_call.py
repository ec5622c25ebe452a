"""What may happen to a call in the middle of it."""

import pytest

from harness.phone import in_a_call


def test_a_call_outlives_a_killed_server(phone, server):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)

    server.kill9()
    vasya.connection_is("reconnecting")
    petya.connection_is("reconnecting")
    vasya.picture_moves()
    petya.picture_moves()

    server.restart()
    vasya.connection_is("online", 40)
    petya.connection_is("online", 40)
    vasya.picture_moves()
    vasya.hang_up()
    petya.reaches("ended")


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_reloaded_page_is_back_in_its_call(phone, who):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)

    reloaded = {"caller": vasya, "callee": petya}[who]
    reloaded.reload()
    reloaded.reaches("active", 20)
    vasya.shows("green", 20)
    petya.shows("red", 20)

    petya.hang_up()
    vasya.reaches("ended")
