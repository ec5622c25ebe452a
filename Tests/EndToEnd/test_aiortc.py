"""Calls between the page and aiortc, an independent implementation, in both roles."""

import pytest

from harness.aiortc_peer import AiortcPeer
from harness.api import register
from harness.waiting import Together, eventually


@pytest.fixture
def anna(server):
    peer = AiortcPeer(register(server, "anna"))
    yield peer
    peer.close()


def test_the_page_calls_aiortc(phone, anna):
    vasya = phone("vasya")
    answering = Together(anna.answer_a_call)
    vasya.call("anna")
    answering.result(40)
    vasya.reaches("active", 20)
    vasya.shows("blue")
    eventually(lambda: anna.colour == "red", 15, "aiortc shows Vasya's red")
    vasya.hang_up()
    assert anna.device.next_event("call.ended")["data"]["call"]["reason"] == "completed"


def test_aiortc_calls_the_page(phone, anna):
    petya = phone("petya")
    calling = Together(anna.call, "petya")
    petya.accept()
    call_id = calling.result(40)
    petya.reaches("active", 20)
    petya.shows("blue")
    eventually(lambda: anna.colour == "green", 15, "aiortc shows Petya's green")
    anna.device.hang_up(call_id)
    petya.reaches("ended")
