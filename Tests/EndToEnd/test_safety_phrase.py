"""Both sides show the same phrase unless a fingerprint was changed in between."""

import json
import re

from harness.phone import Phone, in_a_call
from harness.waiting import eventually

FINGERPRINT = re.compile(r"(a=fingerprint:sha-256 )([0-9A-F:]+)")
ANOTHER = ":".join(["5A"] * 32)


def test_both_sides_show_the_same_phrase(phone):
    petya, vasya = phone("petya"), phone("vasya")
    in_a_call(vasya, petya)
    phrase = vasya.safety_phrase()
    assert phrase == petya.safety_phrase()
    vasya.page.click("#safety")
    words = vasya.page.locator("#safety-words li").all_inner_texts()
    assert len(words) == 6

    # A reloaded page has another certificate, so the phrase changes on both sides.
    petya.reload()
    petya.reaches("active", 20)
    again = eventually(lambda: vasya.safety_phrase() != phrase and vasya.safety_phrase(), 20, "another phrase")
    eventually(lambda: petya.safety_phrase() == again, 10, "it is the same again")


class Tamperer:
    """A relay between a page and the server that replaces the fingerprint in every description."""

    def __init__(self, context):
        self.changed = 0
        context.route_web_socket("**/v1/socket", self._relay)

    def _relay(self, page):
        server = page.connect_to_server()
        server.on_message(lambda text: page.send(self._tampered(text)))

    def _tampered(self, text):
        frame = json.loads(text)
        if frame.get("event", {}).get("type") not in ("call.offer", "call.answer"):
            return text
        self.changed += 1
        description = frame["event"]["data"]["description"]
        description["sdp"] = FINGERPRINT.sub(rf"\g<1>{ANOTHER}", description["sdp"])
        return json.dumps(frame)


def test_a_relay_that_replaces_the_fingerprint_is_detected(server, red_browser, green_browser):
    """The relay gets no media either, because the certificates do not match the replaced fingerprints."""
    contexts = [browser.new_context(permissions=["camera", "microphone"]) for browser in (red_browser, green_browser)]
    tamperer = Tamperer(contexts[1])
    vasya, petya = (Phone(context, server, name) for context, name in zip(contexts, ("vasya", "petya")))
    vasya.call("petya")
    petya.accept()
    phrases = vasya.safety_phrase(), petya.safety_phrase()
    assert tamperer.changed > 0
    assert phrases[0] != phrases[1]
    assert "active" not in (vasya.body("state"), petya.body("state"))
    for context in contexts:
        context.close()
