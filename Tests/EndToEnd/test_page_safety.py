"""The Content-Security-Policy of the pages, and the size of the SDK."""

import re

import requests

from harness.server import ROOT

SDK = ROOT / "Sources" / "RingbackWeb" / "sdk"


def test_no_inline_code_is_allowed(server):
    for path in ("/", "/docs"):
        policy = requests.get(server.url + path, timeout=10).headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
        assert "default-src 'self'" in policy


def test_the_page_does_not_violate_its_policy(phone):
    petya, vasya = phone("petya"), phone("vasya")
    vasya.call("petya")
    petya.accept()
    vasya.reaches("active", 20)
    vasya.page.click("#quality")
    petya.page.click("#safety")
    vasya.hang_up()
    petya.reaches("ended")
    complaints = [line for of in (petya, vasya) for line in of.console if "Content Security Policy" in line]
    assert not complaints


def test_other_origins_may_import_the_sdk(server):
    for name in ("ringback.js", "ringback.d.ts", "ringback-call.js"):
        answer = requests.get(f"{server.url}/sdk/{name}", timeout=10)
        assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.content == (SDK / name).read_bytes(), "the server was built from other files"
    assert requests.get(f"{server.url}/sdk/nothing.js", timeout=10).status_code == 404


IMPORTED = re.compile(r"(?:\bfrom|\bimport)\s*'(\./[^']+)'")
LOADED_LATER = re.compile(r"\bimport\(([^)]*)\)")


def test_the_sdk_is_small():
    """Everything that a page loads with `ringback.js` is below 40 kB in the repository, with lines of readable length.

    Two parts are loaded on demand: for a rejected connection, and for a page that returns to its call.
    """
    loaded, later, found = set(), set(), {"./ringback.js"}
    while found - loaded:
        name = (found - loaded).pop()
        loaded.add(name)
        text = (SDK / name).read_text()
        found.update(IMPORTED.findall(text))
        later.update(LOADED_LATER.findall(text))
        assert max(map(len, text.splitlines())) <= 120, name
    assert len(loaded) >= 7, loaded
    assert later == {"'./rejoin.js'", "'./trouble.js'"}
    assert sum((SDK / name).stat().st_size for name in loaded) < 40_000
