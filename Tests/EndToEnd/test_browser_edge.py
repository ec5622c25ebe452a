"""What a browser is told with every response, what a page of a foreign origin can do, and what the demo leaves in a browser."""

import http.server
import re
import socket
import threading

import pytest
import requests
import yaml
from websockets.sync.client import connect

from harness.api import PASSWORD, Device, register
from harness.server import ROOT
from harness.waiting import eventually

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def check_fields(fields, **others):
    for name, value in {**ALWAYS, **{name.replace("_", "-"): value for name, value in others.items()}}.items():
        assert fields.get(name) == value, (name, fields)


def test_every_response_has_the_fields_for_browsers(server):
    vasya = register(server, "vasya")
    for method, path, status in [
        ("GET", "/v1/users/me", 200), ("GET", "/v1/calls/nothing", 404), ("GET", "/nowhere", 404), ("PUT", "/v1/users/me", 405),
        ("POST", "/v1/calls", 422), ("GET", "/v1/socket", 426), ("GET", "/readyz", 200), ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200), ("DELETE", "/v1/sessions/nothing-of-mine", 404), ("OPTIONS", "/v1/users", 405),
    ]:
        answer = vasya.request(method, path, {} if method == "POST" else None)
        assert answer.status_code == status, (method, path, answer.status_code)
        check_fields(answer.headers)
    check_fields(requests.get(server.url + "/v1/users/me", timeout=10).headers)  # 401
    etag = requests.get(server.url + "/openapi.yaml", timeout=10).headers["ETag"]
    unchanged = requests.get(server.url + "/openapi.yaml", headers={"If-None-Match": etag}, timeout=10)
    assert unchanged.status_code == 304
    check_fields(unchanged.headers)
    with vasya.http.get(server.url + "/v1/events/stream", stream=True, timeout=10) as stream:
        check_fields(stream.headers)
    with connect(
        server.url.replace("http", "ws") + "/v1/socket", additional_headers={"Authorization": f"Bearer {vasya.token}"},
    ) as opened:
        check_fields(opened.response.headers)
    with socket.create_connection(("127.0.0.1", server.port)) as broken:
        broken.sendall(b"This is not HTTP\r\n\r\n")
        head = broken.recv(4096).decode()
        assert head.startswith("HTTP/1.1 400")
        check_fields(fields_of(head))


def test_a_connection_without_room_is_refused_with_the_same_fields(start_server):
    server = start_server("--max-connections", "1", "--allowed-origins", "https://example.org")
    with socket.create_connection(("127.0.0.1", server.port)) as busy:
        busy.sendall(
            b"POST /v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
            b"Expect: 100-continue\r\n\r\n")
        assert busy.recv(100).startswith(b"HTTP/1.1 100")
        with socket.create_connection(("127.0.0.1", server.port)) as second:
            second.settimeout(5)
            head = second.recv(4096).decode()
            assert head.startswith("HTTP/1.1 503")
            fields = fields_of(head)
            check_fields(fields)
            assert fields["Date"].endswith(" GMT") and fields["Vary"] == "Origin"


def fields_of(head):
    return dict(line.split(": ", 1) for line in head.split("\r\n\r\n")[0].split("\r\n")[1:])


def test_pages_have_a_policy_of_their_own(server):
    for path in ("/", "/docs", "/assets/demo.js"):
        fields = requests.get(server.url + path, timeout=10).headers
        check_fields(fields, Content_Security_Policy=fields["Content-Security-Policy"], Cross_Origin_Opener_Policy="same-origin")
        assert "frame-ancestors 'none'" in fields["Content-Security-Policy"]
    for path in ("/sdk/ringback.js", "/healthz"):
        check_fields(requests.get(server.url + path, timeout=10).headers, Cross_Origin_Resource_Policy="cross-origin")


def test_nothing_secret_is_stored_by_caches(start_server):
    server = start_server("--turn-urls", "turn:turn.example.org:3478", "--turn-secret", "north")
    vasya = register(server, "vasya")
    body = {"userId": "vasya", "password": PASSWORD}
    for answer in (
        vasya.request("POST", "/v1/sessions", body), vasya.request("POST", "/v1/tickets"), vasya.request("GET", "/v1/ice-servers"),
        vasya.request("GET", "/v1/events"), vasya.request("GET", "/v1/sessions"),
    ):
        assert answer.ok and answer.headers["Cache-Control"] == "no-store"


# Names.

NAMES = [
    "Vasya Pupkin", "Вася", "李雷", "vas\u200bya", "vas\u200dya", "\ufeffvasya", "va\u00adsya", "va\u2060sya", "a\ufe0f", "\u3164",
    "👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "می\u200cخواهم", "क्\u200dष", "李\u200d", "\u202eevil", "x\U000e0001",
    "🏴\U000e0067\U000e0062\U000e007f", "辻\U000e0100", "a\U000e0067", "a\u0007b",
]


def test_names_that_look_alike_by_invisible_characters_are_refused_as_the_document_says(server):
    document = yaml.safe_load((ROOT / "openapi" / "openapi.yaml").read_text())
    pattern = re.compile(document["components"]["schemas"]["DisplayName"]["pattern"])
    vasya = register(server, "vasya")
    for name in NAMES:
        status = 200 if pattern.search(name) else 422
        answer = vasya.request("PATCH", "/v1/users/me", {"displayName": name})
        assert answer.status_code == status, (name, answer.text)
        session = {"userId": "vasya", "password": PASSWORD, "deviceName": name, "deviceId": "another-phone"}
        assert vasya.request("POST", "/v1/sessions", session).status_code == (201 if status == 200 else 422), name
    for blank in (" ", "\u3000", "\u202e"):
        answer = vasya.request("PATCH", "/v1/users/me", {"displayName": blank})
        assert answer.status_code == 422 and "can be seen" in answer.json()["detail"]
    refused = vasya.request("PATCH", "/v1/users/me", {"displayName": "vas\u200bya"}).json()
    assert "U+200B" in refused["detail"]


def test_a_name_or_message_changes_the_direction_of_no_sentence(phone, server):
    register(server, "mallory", display_name="\u202eMallory\u2069\u2066")
    vasya = phone("vasya")
    mallory = Device(server, "mallory")
    call_id = mallory.invite("vasya")["callId"]
    vasya.reaches("incoming")
    sentences = lambda: [vasya.page.title(), vasya.page.inner_text("#incoming-words"), vasya.page.text_content("#alarm")]
    eventually(lambda: "\u2068Mallory\u2069" in vasya.page.title(), 5, "the title names who calls")
    mallory.step(call_id, "cancel")
    vasya.page.wait_for_selector("#accept", state="hidden")
    vasya.page.click('#people [data-user-id="mallory"] button.call')
    call_id = eventually(vasya.call_id, 10, "the call has begun")
    mallory.step(call_id, "alerting")
    mallory.step(call_id, "decline", {"message": "\u202eno"})
    reason = vasya.ended_reason()
    for sentence in [reason, *sentences()]:
        assert not set(sentence or "") & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067"), sentence
    assert "\u2068Mallory\u2069" in reason and "\u2068no\u2069" in reason


# Pages of other origins.

@pytest.fixture
def foreign_page(playwright, red_browser, tmp_path):
    """A page of another origin in a browser that has used the demo."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<!doctype html><title>Foreign</title>")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path / "site")

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    context = red_browser.new_context(permissions=["camera", "microphone"])
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{site.server_address[1]}/")
    yield page
    context.close()
    site.shutdown()


OPEN_SOCKET = """url => new Promise(resolve => {
    const socket = new WebSocket(url, ['ringback.v1']);
    socket.onopen = () => resolve('open');
    socket.onerror = () => resolve('refused');
})"""
OPEN_STREAM = """url => new Promise(resolve => {
    const stream = new EventSource(url, {withCredentials: true});
    stream.onopen = () => resolve('open');
    stream.onerror = () => resolve('refused');
})"""
READ = "url => fetch(url, {credentials: 'include'}).then(() => 'read', () => 'refused')"
EMBED = """url => new Promise(resolve => {
    const frame = document.createElement('iframe');
    frame.onload = () => {
        let inside;
        try { inside = frame.contentDocument?.title; } catch { }
        resolve(inside ?? 'opaque');
    };
    frame.src = url;
    document.body.append(frame);
})"""


def test_a_page_of_a_foreign_origin_opens_nothing_and_finds_no_cookie(foreign_page, server):
    vasya = register(server, "vasya")
    used = foreign_page.context.new_page()
    used.goto(server.url + "/?name=petya")
    used.wait_for_selector("body[data-state=idle]")
    assert foreign_page.context.cookies() == []
    ticket = vasya.post("/v1/tickets", expect=201)["ticket"]
    socket_url = server.url.replace("http", "ws") + "/v1/socket"
    for url in (socket_url, f"{socket_url}?ticket={ticket}"):
        assert foreign_page.evaluate(OPEN_SOCKET, url) == "refused"
    assert foreign_page.evaluate(OPEN_STREAM, f"{server.url}/v1/events/stream?ticket={ticket}") == "refused"
    for path in ("/v1/users/me", "/healthz", "/openapi.json", "/"):
        assert foreign_page.evaluate(READ, server.url + path) == "refused"
    complaints = []
    foreign_page.on("console", lambda message: complaints.append(message.text))
    foreign_page.evaluate(EMBED, server.url + "/")
    eventually(lambda: any("frame-ancestors" in text for text in complaints), 5, "the page may not be in a frame")
    # The ticket was not used up by what was refused: the same from the server's own page.
    assert used.evaluate(OPEN_SOCKET, f"{socket_url}?ticket={ticket}") == "open"


# What the demo keeps, and what a link does.

def test_the_demo_keeps_no_password(phone, server):
    petya = phone("petya")
    petya.page.evaluate("() => { document.querySelector('#me').open = document.querySelector('#key-row').open = true; }")
    password = petya.page.inner_text("#my-key")
    assert len(password) == 24
    Device(server, "petya", password)
    stored = petya.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert password not in stored and "password" not in stored.lower()
    assert petya.page.evaluate("""async () => {
        const database = await new Promise(resolve => {
            indexedDB.open('ringback').onsuccess = ({target}) => resolve(target.result);
        });
        const key = await new Promise(resolve => {
            database.transaction('keys').objectStore('keys').get('passwords').onsuccess = ({target}) => resolve(target.result);
        });
        return crypto.subtle.exportKey('raw', key).then(() => 'readable', ({name}) => name);
    }""") == "InvalidAccessError"
    # The same name signs in again, in another tab and after a reload.
    second = petya.context.new_page()
    second.goto(f"{server.url}/?name=petya")
    second.wait_for_selector("body[data-state=idle]")
    petya.reload()
    petya.reaches("idle")
    eventually(lambda: petya.page.text_content("#my-key") == password, 5, "the password is derived again")


def test_a_typed_password_is_forgotten(phone, server):
    register(server, "petya")
    page = phone("vasya").context.new_page()
    page.goto(server.url)
    page.fill("#name", "petya")
    page.click("#sign-in")
    page.wait_for_selector("#password", state="visible")
    page.fill("#password", PASSWORD)
    page.click("#sign-in")
    page.wait_for_selector("body[data-state=idle]")
    assert PASSWORD not in page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    page.reload()
    page.wait_for_selector("body[data-state=idle]")
    assert page.inner_text("#my-id", timeout=5000) is not None


def follow_a_link(page, site, url):
    """Goes to a site, and from there by a link that tells nothing about the site."""
    page.goto(site)
    page.evaluate("""url => {
        const link = document.createElement('a');
        [link.href, link.rel, link.textContent] = [url, 'noreferrer', 'Call'];
        document.body.append(link);
    }""", url)
    page.click("a")


def test_a_link_on_another_site_signs_nobody_in(foreign_page, server):
    site, link = foreign_page.url, f"{server.url}/?name=Mallory%20%26%20%D0%92%D0%B0%D1%81%D1%8F"
    follow_a_link(foreign_page, site, link)
    eventually(lambda: foreign_page.input_value("#name") == "Mallory & Вася", 5, "the link suggests a name")
    assert foreign_page.get_attribute("body", "data-state") == "signed-out"
    assert "?" not in foreign_page.url
    reader = register(server, "reader")
    assert [user["userId"] for user in reader.get("/v1/users")["items"]] == ["reader"]
    # One who is signed in stays who they are.
    foreign_page.fill("#name", "Petya")
    foreign_page.click("#sign-in")
    foreign_page.wait_for_selector("body[data-state=idle]")
    user_id = foreign_page.evaluate("ringback.debug().userId")
    follow_a_link(foreign_page, site, link)
    foreign_page.wait_for_selector("body[data-state=idle]")
    assert foreign_page.evaluate("ringback.debug().userId") == user_id


def test_a_page_of_another_origin_is_not_asked_for_its_name_in_the_path(server):
    for site in ("cross-site", "same-site"):
        answer = requests.get(
            server.url + "/?name=vasya&transport=sse", headers={"Sec-Fetch-Site": site}, timeout=10, allow_redirects=False)
        assert answer.status_code == 303 and answer.headers["Location"] == "./#name=vasya"
    for headers in ({}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}):
        assert requests.get(server.url + "/?name=vasya", headers=headers, timeout=10, allow_redirects=False).status_code == 200
    assert requests.get(server.url + "/", headers={"Sec-Fetch-Site": "cross-site"}, timeout=10).status_code == 200
