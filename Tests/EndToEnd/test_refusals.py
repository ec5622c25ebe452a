"""The SDK with rejections of the server or of the page's own back end."""

import pytest

from harness.waiting import eventually


@pytest.fixture
def page(red_browser, server):
    context = red_browser.new_context(permissions=["camera", "microphone"])
    page = context.new_page()
    page.lines = []
    page.on("console", lambda message: page.lines.append(f"{message.type}: {message.text}"))
    page.goto(f"{server.url}/healthz")
    yield page
    context.close()


def lines(page):
    """The output of the page so far."""
    page.evaluate("0")
    return page.lines


CONNECT = """async ([url, transport]) => {
    const {Ringback} = await import('/sdk/ringback.js');
    window.device = new Ringback({url, transport, token: 'any'});
    window.calls = [];
    device.addEventListener('call', ({call}) => calls.push(call));
    device.addEventListener('signedout', ({reason}) => { window.reason = reason; });
}"""


@pytest.mark.parametrize("transport", ["auto", "sse", "longpoll"])
def test_a_page_whose_origin_is_not_allowed_gets_an_error(page, start_server, transport):
    other = start_server()
    page.evaluate(CONNECT, [other.url, transport])
    code = page.evaluate("device.invite('petya', {video: false}).then(() => null, error => error.code)")
    eventually(lambda: page.evaluate("window.reason") == "origin_not_allowed", 20, "the page is told")
    assert page.evaluate("calls[0]?.reason ?? null") in ("origin_not_allowed", None)
    assert code in ("origin_not_allowed", "unanswered", None)
    assert page.evaluate("device.connection") == "over"
    origin = page.evaluate("location.origin")
    told = [line for line in lines(page) if "--allowed-origins" in line]
    assert told == [f"error: ringback: {other.url} refuses pages of {origin}; start it with --allowed-origins {origin}"]
    assert page.evaluate("device.request('GET', 'calls').then(() => null, error => error.code)") == "origin_not_allowed"


def test_an_unreachable_server_is_not_reported_as_a_rejection(page, start_server):
    other = start_server()
    other.kill9()
    page.evaluate(CONNECT, [other.url, "auto"])
    eventually(lambda: sum("WebSocket" in line for line in lines(page)) >= 3, 20, "it tries again")
    assert page.evaluate("device.connection") == "reconnecting"
    assert not [line for line in lines(page) if "--allowed-origins" in line]


def test_a_token_function_that_fails_is_reported(page):
    page.evaluate("""async () => {
        const {Ringback} = await import('/sdk/ringback.js');
        window.device = new Ringback({token: async () => { throw new Error('the back end is away'); }});
    }""")
    eventually(lambda: [line for line in lines(page) if "no token" in line and "the back end is away" in line], 5, "a line")
