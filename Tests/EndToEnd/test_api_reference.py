"""The API reference at /docs, rendered by Chromium from /openapi.json."""

from urllib.parse import urlsplit

import pytest
import requests

from harness.contract import Contract

BROKEN_LINKS = """
  [...document.querySelectorAll('a[href^="#"]')].map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id))
"""


@pytest.fixture
def page(red_browser):
    """A page that fails the test for every script error and every request without success."""
    context = red_browser.new_context()
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.on("response", lambda response: problems.append(response.url) if response.status >= 400 else None)
    yield page
    context.close()
    assert not problems


def expected_sections(server):
    contract = Contract(requests.get(server.url + "/openapi.yaml", timeout=10).content)
    return {f"op-{name}" for name in contract.operation_ids()} | {f"schema-{name}" for name in contract.schemas()}


def sections(page):
    page.wait_for_selector("#op-invite")
    return set(page.eval_on_selector_all("section.entry", "entries => entries.map((entry) => entry.id)"))


def test_the_reference_has_every_operation_and_every_schema(server, page):
    page.goto(server.url + "/docs")
    assert sections(page) == expected_sections(server)
    assert page.evaluate(BROKEN_LINKS) == []


def test_the_reference_works_under_a_path_prefix(server, page):
    """A proxy serves Ringback at /ringback/, and nothing else of that host."""
    def forward(route):
        path = urlsplit(route.request.url).path
        if not path.startswith("/ringback/"):
            route.fulfill(status=404)
            return
        answer = requests.get(server.url + path.removeprefix("/ringback"), timeout=10, headers={"Accept-Encoding": "identity"})
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    page.route("**/*", forward)
    page.goto("http://calls.example.org/ringback/docs")
    assert sections(page) == expected_sections(server)
    links = page.eval_on_selector_all("#bar nav a", "links => links.map((a) => new URL(a.href).pathname)")
    assert links == ["/ringback/", "/ringback/openapi.yaml", "/ringback/openapi.json"]
