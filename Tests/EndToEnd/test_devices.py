"""The list of a user's devices in the demo and on the command line: the time last seen and the sign-out."""

import json

import requests

from harness.api import PASSWORD, Device, register
from harness.command_line import command_line
from harness.waiting import eventually


def token(phone):
    return json.loads(phone.page.evaluate("() => sessionStorage.getItem('ringback.session')"))["token"]


def status(server, token):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(server.url + "/v1/users/me", headers=headers, timeout=10).status_code


def rows(phone):
    phone.page.evaluate("() => { document.querySelector('#me').open = true; }")
    return phone.page.locator("#my-devices .device")


def test_the_demo_signs_out_another_device_and_itself(server, phone):
    tab, other = phone("vasya"), phone("vasya")
    mine, others = token(tab), token(other)
    eventually(lambda: rows(tab).count() == 2, 10, "both tabs are listed")
    button = tab.page.locator("#my-devices .device button:visible")
    assert button.count() == 1, "the page's own device has no button"
    button.click()
    other.reaches("signed-out")
    eventually(lambda: rows(tab).count() == 1, 10, "the other tab is not listed any more")
    assert (status(server, mine), status(server, others)) == (200, 401)
    tab.page.click("#sign-out")
    tab.reaches("signed-out")
    eventually(lambda: status(server, mine) == 401, 10, "the session has ended on the server")


def test_a_new_password_in_the_demo_signs_out_the_other_devices(server, phone):
    tab, other = phone("vasya"), phone("vasya")
    mine, others = token(tab), token(other)
    tab.page.evaluate("() => { document.querySelector('#me').open = document.querySelector('#key-row').open = true; }")
    before = tab.page.inner_text("#my-key")
    sent = []
    tab.page.on("request", lambda request: request.method == "PATCH" and sent.append(request.headers))
    tab.page.click("#new-key")
    eventually(lambda: "1" in tab.page.inner_text("#new-key-words"), 10, "the page says how many were signed out")
    assert len(sent) == 1 and "idempotency-key" not in sent[0], "a password is sent without a key"
    other.reaches("signed-out")
    after = tab.page.inner_text("#my-key")
    assert after and after != before
    assert (status(server, mine), status(server, others)) == (200, 401)
    tab.reload()
    tab.reaches("idle")
    user_id = tab.debug()["userId"]
    for password, expected in ((before, 401), (after, 201)):
        body = {"userId": user_id, "password": password}
        assert requests.post(server.url + "/v1/sessions", json=body, timeout=20).status_code == expected


def test_the_command_line_lists_devices_and_signs_them_out(server, command_line):
    command_line.login("petya")
    other = Device(server, "petya", "battery staple", name="A page")
    listed = command_line("petya", "sessions").stdout.splitlines()
    assert len(listed) == 2 and sum(line.startswith("*") for line in listed) == 1, listed
    line = next(line for line in listed if "A page" in line)
    assert other.device_id in line and "last seen 20" in line
    assert {json.loads(line)["current"] for line in command_line("petya", "sessions", "--json").stdout.splitlines()} == {
        True, False}
    done = command_line("petya", "sessions", "--sign-out", other.device_id)
    assert done.returncode == 0, done.stderr
    other.get("/v1/users/me", expect=401)
    again = command_line("petya", "sessions", "--sign-out", other.device_id)
    assert again.returncode == 0, "it is signed out, as was asked"
    unknown = command_line("petya", "sessions", "--sign-out", "unknown-device")
    assert unknown.returncode == 1 and "You have no device" in unknown.stderr
    done = command_line("petya", "sessions", "--sign-out-all")
    assert done.returncode == 0 and "Devices signed out: 1" in done.stdout
    assert command_line("petya", "users").returncode == 3


def test_the_number_of_devices_is_limited_and_an_identifier_belongs_to_one_user(start_server):
    server = start_server("--user-devices", "3")
    vasya, petya = register(server, "vasya"), register(server, "petya")
    later = [Device(server, "vasya") for _ in range(3)]
    vasya.get("/v1/users/me", expect=401)
    page = later[0].get("/v1/sessions", params={"limit": 2})
    rest = later[0].get("/v1/sessions", params={"after": page["next"]})
    assert [item["deviceId"] for item in page["items"] + rest["items"]] == [
        device.device_id for device in reversed(later)]
    assert "next" not in rest and all("lastSeenAt" in item for item in page["items"])
    later[0].get("/v1/sessions", params={"after": "nonsense"}, expect=422)
    body = {"userId": "petya", "password": PASSWORD, "deviceId": vasya.device_id}
    taken = requests.post(server.url + "/v1/sessions", json=body, timeout=20)
    assert taken.status_code == 422 and taken.json()["errors"][0]["field"] == "deviceId"
    body = {"userId": "vasya", "password": PASSWORD, "deviceId": vasya.device_id}
    assert requests.post(server.url + "/v1/sessions", json=body, timeout=20).status_code == 201
    petya.get("/v1/users/me")
