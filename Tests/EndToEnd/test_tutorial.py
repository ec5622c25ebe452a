"""Extracts the page from docs/tutorial.md and makes a call with it."""

import functools
import http.server
import re
import threading

import pytest

from harness.colours import MEAN_PIXEL, name_of
from harness.server import ROOT
from harness.waiting import eventually

PAGE = re.compile(r"<!-- tutorial:begin -->\s*```html\n(.*?)```\s*<!-- tutorial:end -->", re.DOTALL)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """A web server like that of the reader, with another origin than Ringback."""
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "site"))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()


def colour(page):
    mean = page.eval_on_selector("#not_my", MEAN_PIXEL)
    return mean and name_of(*mean)


def test_the_tutorials_page_makes_a_call(tmp_path, site, start_server, red_browser, green_browser):
    server = start_server("--allowed-origins", site)
    page = PAGE.search((ROOT / "docs" / "tutorial.md").read_text()).group(1)
    assert "localhost:8080" in page
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "call.html").write_text(page.replace("http://localhost:8080", server.url))

    contexts = [browser.new_context(permissions=["camera", "microphone"]) for browser in (red_browser, green_browser)]
    vasya, petya = pages = [context.new_page() for context in contexts]
    errors = []
    for name, tab in zip(("vasya", "petya"), pages):
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda message: errors.append(message.text) if "Error" in message.text else None)
        with tab.expect_websocket() as opened:
            tab.goto(f"{site}/call.html?me={name}")
        opened.value.wait_for_event("framereceived")

    vasya.fill("#peer", "petya")
    for gives_up in pages:
        with petya.expect_response(lambda response: response.url.endswith("/alerting")):
            vasya.click("#call")
        with gives_up.expect_response(lambda response: response.url.endswith(("/cancel", "/decline"))) as left:
            gives_up.click("#hang_up")
        assert left.value.ok
        petya.wait_for_selector("#answer", state="hidden")
    vasya.click("#call")
    petya.click("#answer")
    eventually(lambda: colour(vasya) == "green", 15, "Vasya sees Petya's green")
    eventually(lambda: colour(petya) == "red", 15, "Petya sees Vasya's red")
    petya.click("#hang_up")
    eventually(lambda: colour(vasya) is None, 10, "Vasya's picture is gone")
    assert not errors
    for context in contexts:
        context.close()


def test_the_tutorial_is_short():
    page = PAGE.search((ROOT / "docs" / "tutorial.md").read_text()).group(1)
    script = page[page.index("<script"):].splitlines()
    code = [line for line in script if line.strip() and not line.strip().startswith("//")]
    assert len(code) <= 65
