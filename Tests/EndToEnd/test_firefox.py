"""Chromium and Firefox call each other: two engines that share no WebRTC signaling code."""

import pytest

from conftest import ARTIFACTS
from harness.firefox import Firefox
from harness.phone import FirefoxPhone


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    firefox = Firefox(tmp_path_factory.mktemp("firefox"))
    yield firefox
    firefox.close()


@pytest.mark.parametrize("caller", ["chromium", "firefox"])
def test_chromium_and_firefox_see_each_other(phone, server, firefox, caller):
    vasya, petya = phone("vasya"), FirefoxPhone(firefox, server, "petya")
    one, other = (vasya, petya) if caller == "chromium" else (petya, vasya)
    one.call(other.name)
    other.accept()
    vasya.reaches("active", 30)
    petya.reaches("active", 30)
    petya.shows("red")
    vasya.picture_moves()
    assert vasya.safety_phrase() == petya.safety_phrase() != ""

    directory = ARTIFACTS / "screenshots"
    directory.mkdir(parents=True, exist_ok=True)
    petya.page.screenshot(directory / f"firefox-called-by-{one.name}.png")
    one.hang_up()
    other.reaches("ended")
