"""Pushes to apps: APNs and FCM, as the vendors document them, at servers of the test's own."""

import statistics
import time

import pytest
import requests

from harness.api import Device, PASSWORD, register
from harness.app_push import APNs, Certificate, FCM, unauthenticated
from harness.waiting import eventually


@pytest.fixture
def certificate(tmp_path):
    return Certificate(tmp_path)


@pytest.fixture
def apns(certificate, tmp_path):
    service = APNs(certificate, tmp_path)
    yield service
    service.close()


@pytest.fixture
def fcm(certificate, tmp_path):
    service = FCM(certificate, tmp_path)
    yield service
    service.close()


@pytest.fixture
def server(start_server, apns, fcm):
    return start_server(*apns.options(), *fcm.options(), "--unreachable-seconds", "10")


@pytest.fixture
def vasya(server):
    return register(server, "vasya", "Vasya")


def with_app(server, service, token=None, name="petya"):
    """A device that is not present, with a token."""
    device = register(server, name)
    kind = "apns" if isinstance(service, APNs) else "fcm"
    device.put("/v1/push/token", {"service": kind, "token": token or service.DEVICE}, expect=204)
    return device


def test_a_phone_with_ios_gets_the_call(server, vasya, apns):
    petya = with_app(server, apns)
    call = vasya.invite("petya", ringSeconds=45)
    message, headers, _ = apns.received.next("call.incoming")
    assert message == {"type": "call.incoming", "callId": call["callId"], "expiresAt": call["expiresAt"],
                       "cursor": message["cursor"]}
    assert headers["device"] == apns.DEVICE and 40 <= int(headers["apns-expiration"]) - time.time() <= 45
    vasya.step(call["callId"], "cancel")
    vasya.invite("petya")
    apns.received.next("call.incoming", 2)
    assert {entry[0]["type"] for entry in apns.received.all} == {"call.incoming"}, "iOS demands a call for each push"
    assert len(set(apns.tokens)) == 1 and apns.connections == 1
    page = petya.get("/v1/events", params={"cursor": message["cursor"]})
    assert [event["type"] for event in page["events"]] == ["call.incoming", "call.ended", "call.incoming"]


def test_a_phone_with_android_gets_the_call_and_what_became_of_it(server, vasya, fcm):
    petya = with_app(server, fcm)
    call = vasya.invite("petya", ringSeconds=45)
    data, options, _ = fcm.received.next("call.incoming")
    assert data == {"type": "call.incoming", "callId": call["callId"], "expiresAt": call["expiresAt"],
                    "cursor": data["cursor"]}
    assert options["device"] == fcm.DEVICE and 40 <= int(options["ttl"][:-1]) <= 45
    vasya.step(call["callId"], "cancel")
    fcm.received.next("call.missed")
    tablet = Device(server, "petya", PASSWORD)
    other = vasya.invite("petya")["callId"]
    fcm.received.next("call.incoming", 2)
    tablet.step(other, "decline")
    assert fcm.received.next("call.stopped")[0]["callId"] == other
    assert petya.get(f"/v1/calls/{other}")["state"] == "ended"
    assert len(fcm.issued) == 1, "an access token serves until it expires"


@pytest.mark.parametrize("kind", ["apns", "fcm"])
def test_the_ring_waits_for_an_app_that_is_woken(server, vasya, request, kind):
    with_app(server, request.getfixturevalue(kind))
    call_id = vasya.invite("petya", ringSeconds=30)["callId"]
    time.sleep(12)
    assert vasya.get(f"/v1/calls/{call_id}")["state"] == "inviting"


def gone(seconds):
    return 410, {}, {"reason": "Unregistered", "timestamp": int((time.time() + seconds) * 1000)}


@pytest.mark.parametrize("answer, is_removed", [
    ((410, {}, {"reason": "ExpiredToken"}), True),
    (lambda: gone(60), True),
    (lambda: gone(-60), False),
    ((400, {}, {"reason": "DeviceTokenNotForTopic"}), False),
    ((413, {}, {"reason": "PayloadTooLarge"}), False),
], ids=["expired", "unregistered", "unregistered before it was registered", "of another app", "too large"])
def test_apns_says_that_a_token_has_ended(server, vasya, apns, answer, is_removed):
    with_app(server, apns)
    apns.answers = [answer() if callable(answer) else answer]
    vasya.step(ring(vasya, apns, 1), "cancel")
    call_id = vasya.invite("petya", ringSeconds=30)["callId"]
    if is_removed:
        eventually(lambda: vasya.get(f"/v1/calls/{call_id}")["state"] == "ended", 15, "nobody can be woken")
        assert len(apns.received.all) == 1
    else:
        eventually(lambda: any(m["callId"] == call_id for m, *_ in apns.received.all), 10, "another push")


def ring(caller, service, count):
    call_id = caller.invite("petya", ringSeconds=30)["callId"]
    service.received.next("call.incoming", count)
    time.sleep(0.5)
    return call_id


@pytest.mark.parametrize("answer, is_removed", [
    (FCM.error(404, "UNREGISTERED", "Requested entity was not found.", "NOT_FOUND"), True),
    (FCM.error(400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"), True),
    (FCM.error(400, "INVALID_ARGUMENT", "Invalid registration", field="message.token"), True),
    (FCM.error(400, "INVALID_ARGUMENT", "Invalid data", field="message.data"), False),
    (FCM.error(401, "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS or Web Push Service", "UNAUTHENTICATED"), False),
    (FCM.error(404, "NOT_FOUND", "Project not found"), False),
], ids=["unregistered", "not a token", "bad field token", "bad field data", "third party", "other 404"])
def test_fcm_says_that_a_token_has_ended(server, vasya, fcm, answer, is_removed):
    with_app(server, fcm)
    fcm.answers = [answer]
    vasya.step(ring(vasya, fcm, 1), "cancel")
    call_id = vasya.invite("petya", ringSeconds=30)["callId"]
    if is_removed:
        eventually(lambda: vasya.get(f"/v1/calls/{call_id}")["state"] == "ended", 15, "nobody can be woken")
        assert not any(data["callId"] == call_id for data, *_ in fcm.received.all)
    else:
        eventually(lambda: any(data["callId"] == call_id for data, *_ in fcm.received.all), 15, "another push")


@pytest.mark.parametrize("kind, answer", [
    ("apns", (400, {}, {"reason": "BadDeviceToken"})),
    ("fcm", FCM.error(403, "SENDER_ID_MISMATCH", "SenderId mismatch", "PERMISSION_DENIED")),
])
def test_a_wrong_host_or_key_does_not_remove_tokens(server, vasya, request, kind, answer):
    service = request.getfixturevalue(kind)
    with_app(server, service)
    service.answers = [answer] if kind == "apns" else [answer] * 2
    vasya.step(ring(vasya, service, 1), "cancel")
    time.sleep(0.5)
    assert "a push service does not know a device's token" in server.log.read_text()
    vasya.step(ring(vasya, service, 2), "cancel")
    # Now the service has accepted a token, so that another one that it does not know is not the operator's mistake.
    time.sleep(0.5)
    service.answers = [answer]
    vasya.step(ring(vasya, service, 3), "cancel")
    call_id = vasya.invite("petya", ringSeconds=30)["callId"]
    eventually(lambda: vasya.get(f"/v1/calls/{call_id}")["state"] == "ended", 15, "nobody can be woken")
    counts = metric(server, "ringback_pushes_total")
    assert counts[f'{{result="unknown_token",service="{kind}"}}'] == (2 if kind == "apns" else 3)
    assert counts[f'{{result="delivered",service="{kind}"}}'] == (1 if kind == "apns" else 2)


def metric(server, name):
    text = requests.get(server.url + "/metrics", timeout=10).text
    lines = [line.removeprefix(name).rsplit(" ", 1) for line in text.splitlines() if line.startswith(name)]
    return {labels: float(value) for labels, value in lines}


def test_the_log_says_why_pushes_are_not_sent(server, vasya, apns):
    with_app(server, apns)
    with_app(server, apns, "cd" * 32, "anna")
    apns.answers = [(400, {}, {"reason": "DeviceTokenNotForTopic"}), (403, {}, {"reason": "InvalidProviderToken"})]
    ring(vasya, apns, 1)
    vasya.invite("anna", ringSeconds=30)
    for reason in ("DeviceTokenNotForTopic", "InvalidProviderToken"):
        eventually(lambda: reason in server.log.read_text(), 5, reason)
    apns.answers = [(503, {"retry-after": "60"}, {"reason": "Shutdown"})] * 2
    eventually(lambda: "Shutdown" in server.log.read_text(), 20, "the reason")
    assert "apns" in next(line for line in server.log.read_text().splitlines() if "Shutdown" in line)
    assert apns.tokens[0] not in server.log.read_text() and apns.DEVICE not in server.log.read_text()


def pause_after(service, answer, caller):
    """Seconds between a push that gets `answer`, and the next one for the same call."""
    service.answers = [answer]
    call_id = caller.invite("petya", ringSeconds=60)["callId"]
    first = service.received.next("call.incoming")
    second = service.received.next("call.incoming", 2, seconds=30)
    assert first[0] == second[0] and first[0]["callId"] == call_id
    if isinstance(service, APNs):
        assert first[1]["apns-id"] == second[1]["apns-id"]
    return second[2] - first[2]


@pytest.mark.parametrize("status, reason", [
    (429, "TooManyRequests"), (503, "ServiceUnavailable"), (503, "Shutdown"), (500, "InternalServerError")])
def test_apns_is_obeyed_when_it_asks_to_wait(server, vasya, apns, status, reason):
    with_app(server, apns)
    assert 3.5 <= pause_after(apns, (status, {"retry-after": "4"}, {"reason": reason}), vasya) < 8


@pytest.mark.parametrize("status, code", [(429, "QUOTA_EXCEEDED"), (503, "UNAVAILABLE"), (500, "INTERNAL")])
def test_fcm_is_obeyed_when_it_asks_to_wait(server, vasya, fcm, status, code):
    with_app(server, fcm)
    assert 3.5 <= pause_after(fcm, FCM.error(status, code, headers={"retry-after": "4"}), vasya) < 8


@pytest.mark.parametrize("limit, waits", [("MessagesPerMinutePerProject", True), ("MessagesPerMinutePerDevice", False)])
def test_a_quota_of_the_project_holds_for_all_devices(server, vasya, fcm, limit, waits):
    with_app(server, fcm)
    with_app(server, fcm, token="another", name="anna")
    fcm.answers = [FCM.error(429, "QUOTA_EXCEEDED", headers={"retry-after": "5"}, limit=limit)]
    vasya.invite("petya", ringSeconds=60)
    _, _, begin = fcm.received.next("call.incoming")
    time.sleep(0.5)
    vasya.invite("anna", ringSeconds=60)
    _, _, next_one = fcm.received.next("call.incoming", 2)
    assert (next_one - begin >= 4.9) == waits


@pytest.mark.parametrize("devices", [1, 3])
def test_a_connection_without_responses_is_not_used_again(server, vasya, apns, devices):
    names = [f"petya{number}" for number in range(devices)]
    for number, name in enumerate(names):
        with_app(server, apns, f"{number:064x}", name)
    call_id = vasya.invite(names[0])["callId"]
    apns.received.next("call.incoming")
    vasya.step(call_id, "cancel")
    apns.stalled = {1}
    for name in names:
        vasya.invite(name, ringSeconds=60)
    apns.received.next("call.incoming", 1 + devices, seconds=20)
    eventually(
        lambda: metric(server, "ringback_pushes_total").get('{result="delivered",service="apns"}') == 1 + devices, 10,
        "the responses have arrived")
    opened = apns.connections
    assert 2 <= opened <= 1 + devices
    vasya.invite(names[0], ringSeconds=60)
    apns.received.next("call.incoming", 2 + devices, seconds=2)
    assert apns.connections == opened


def test_an_expired_token_of_the_server_is_made_anew(server, vasya, apns):
    with_app(server, apns)
    apns.answers = [(403, {}, {"reason": "ExpiredProviderToken"})]
    call_id = vasya.invite("petya", ringSeconds=60)["callId"]
    first = apns.received.next("call.incoming")
    second = apns.received.next("call.incoming", 2)
    assert second[2] - first[2] < 1, "at once"
    vasya.step(call_id, "cancel")
    apns.answers = [(403, {}, {"reason": "ExpiredProviderToken"})] * 2
    vasya.invite("petya", ringSeconds=60)
    apns.received.next("call.incoming", 4)
    time.sleep(1)
    # Apple wants no more than one token in 20 minutes.
    assert apns.tokens[2] == apns.tokens[3]
    assert "a push service does not accept the server's key" in server.log.read_text()


def test_an_access_token_that_is_refused_is_fetched_anew(server, vasya, fcm):
    with_app(server, fcm)
    fcm.answers = [unauthenticated()]
    vasya.invite("petya", ringSeconds=60)
    first = fcm.received.next("call.incoming")
    second = fcm.received.next("call.incoming", 2)
    assert second[2] - first[2] < 1 and len(fcm.issued) == 2


def test_an_access_token_is_fetched_again_before_it_expires(server, vasya, fcm):
    fcm.lifetime = 302
    with_app(server, fcm)
    vasya.step(vasya.invite("petya", ringSeconds=60)["callId"], "cancel")
    fcm.received.next("call.missed")
    time.sleep(2.5)
    vasya.invite("petya", ringSeconds=60)
    fcm.received.next("call.incoming", 1 + sum(entry[0]["type"] == "call.incoming" for entry in fcm.received.all))
    assert len(fcm.issued) == 2


def test_without_an_access_token_pushes_wait(server, vasya, fcm):
    with_app(server, fcm)
    fcm.token_answers = [(400, {}, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}), (503, {}, None)]
    vasya.invite("petya", ringSeconds=60)
    fcm.received.next("call.incoming", seconds=20)
    assert "invalid_grant" in server.log.read_text()


def test_a_token_is_checked(server, start_server, apns, vasya):
    petya = register(server, "petya")
    assert petya.get("/v1/push") == {"services": ["apns", "fcm"]}
    for bad in ({}, {"service": "apns"}, {"service": "apns", "token": ""}, {"service": "apns", "token": "xyz"},
                {"service": "apns", "token": "abc"}, {"service": "apns", "token": "../../x"}, {"service": "x", "token": "ab"},
                {"service": "fcm", "token": 'a"b'}, {"service": "fcm", "token": "a" * 2049}, {"service": None, "token": "ab"}):
        petya.put("/v1/push/token", bad, expect=422)
    petya.put("/v1/push/subscription", {"endpoint": "https://push.example.org/", "keys": {}}, expect=404)
    other = register(start_server(*apns.options()), "petya")
    other.put("/v1/push/token", {"service": "fcm", "token": "a"}, expect=404)
    petya.put("/v1/push/token", {"service": "fcm", "token": "a" * 2048}, expect=204)
    assert petya.request("DELETE", "/v1/push/subscription").status_code == 204
    call_id = vasya.invite("petya", ringSeconds=30)["callId"]
    eventually(lambda: vasya.get(f"/v1/calls/{call_id}")["state"] == "ended", 15, "nobody can be woken")


@pytest.mark.parametrize("kind", ["apns", "fcm"])
def test_a_token_belongs_to_whom_has_registered_it_last(server, vasya, request, kind):
    service = request.getfixturevalue(kind)
    # The digits of a token of APNs have no case.
    with_app(server, service, service.DEVICE.upper() if kind == "apns" else None)
    with_app(server, service, name="anna")
    vasya.invite("petya")
    call_id = vasya.invite("anna")["callId"]
    assert service.received.next("call.incoming")[0]["callId"] == call_id


def test_a_token_of_a_service_without_a_key_wakes_nobody(server, vasya, apns, fcm):
    with_app(server, apns)
    server.stop()
    server.options = (*fcm.options(), "--unreachable-seconds", "10")
    server.restart()
    call_id = vasya.invite("petya", ringSeconds=60)["callId"]
    eventually(lambda: vasya.get(f"/v1/calls/{call_id}")["state"] == "ended", 15, "nobody can be woken")


@pytest.mark.parametrize("kind", ["apns", "fcm"])
def test_a_push_is_sent_soon_after_the_invitation(server, vasya, request, kind):
    service = request.getfixturevalue(kind)
    with_app(server, service)
    times = []
    for _ in range(20):
        begin = time.monotonic()
        call_id = vasya.invite("petya")["callId"]
        durable = time.monotonic()
        eventually(lambda: any(m["callId"] == call_id for m, *_ in service.received.all), 5, "the push")
        times.append(next(at for m, _, at in service.received.all if m["callId"] == call_id) - durable)
        assert durable - begin < 5
        vasya.step(call_id, "cancel")
    print(f"invite to push by {kind}, ms:", round(statistics.median(times) * 1000, 1))
    assert statistics.median(times) < 0.2
