"""The network changes during a call: media continues over the new one after an ICE restart."""

import subprocess

import pytest

from harness import chromium
from harness.phone import Phone, in_a_call
from harness.waiting import eventually

OLD, NEW = "10.77.0.1/24", "10.78.0.1/24"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@pytest.fixture
def network():
    """A network interface besides loopback that a test can remove."""
    ip("link", "add", "switch0", "type", "veth", "peer", "name", "switch1")
    for end in ("switch0", "switch1"):
        ip("link", "set", end, "addrgenmode", "none")
        ip("link", "set", end, "up")
    ip("addr", "add", OLD, "dev", "switch0")
    yield "switch0"
    ip("link", "del", "switch0")


@pytest.fixture
def pages(playwright, server, network, tmp_path):
    browsers = [chromium.launch(playwright, tmp_path, colour, loopback=False) for colour in ("red", "green")]
    contexts = [browser.new_context(permissions=["camera", "microphone"]) for browser in browsers]
    yield [Phone(context, server, name) for context, name in zip(contexts, ("vasya", "petya"))]
    for browser in browsers:
        browser.close()


def test_a_call_moves_to_another_network(pages, network):
    vasya, petya = pages
    in_a_call(vasya, petya)
    negotiation = vasya.debug()["negotiation"]

    ip("addr", "add", NEW, "dev", network)
    ip("addr", "del", OLD, "dev", network)
    eventually(lambda: vasya.debug()["peerConnectionState"] != "connected", 20, "the path is lost")

    vasya.picture_moves(45)
    petya.picture_moves(45)
    eventually(lambda: vasya.debug()["peerConnectionState"] == "connected", 20, "there is a path again")
    assert vasya.debug()["negotiation"] > negotiation, "that was no ICE restart"
    assert vasya.debug()["peerConnections"] == 1, "that was a new connection, not a restart of the old one"
    vasya.hang_up()
    petya.reaches("ended")
